from pathlib import Path

import pytest

from jobs import environment, settings, settings_show
from scraper import errors
from scraper.sites import register


def written(folder: Path, text: str) -> Path:
    file = folder / "greenroom.toml"
    file.write_text(text, encoding="utf-8")
    return file


def refusal(folder: Path, text: str, **environ: str) -> str:
    with pytest.raises(errors.BadConfig) as caught:
        settings.load(written(folder, text), environ)
    assert caught.value.code == "bad_config"
    return caught.value.message


def test_without_file_and_variables_the_defaults_hold(tmp_path: Path) -> None:
    chosen = settings.load(written(tmp_path, ""), {})

    assert chosen.sites["chaturbate"].requests_per_minute == 30
    assert chosen.browser.headless
    assert chosen.accounts == {}
    assert chosen.database.url == f"sqlite:///{chosen.storage.directory / 'greenroom.db'}"


def test_every_known_site_has_settings(tmp_path: Path) -> None:
    chosen = settings.load(written(tmp_path, "[sites.chaturbate]\nretries = 1\n"), {})

    assert set(chosen.sites) == set(register.SITES)
    assert chosen.sites["chaturbate"].retries == 1


def test_the_environment_names_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, "[browser]\nheadless = false\n")

    chosen = settings.load(None, {"GREENROOM_CONFIG": str(file)})

    assert chosen.file == file
    assert not chosen.browser.headless


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(errors.BadConfig, match="there is no such file"):
        settings.load(tmp_path / "other.toml", {})


def test_a_variable_wins_over_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, "[sites.chaturbate]\nrequests_per_minute = 10\nretries = 7\n")
    name = "GREENROOM_SITES__CHATURBATE__REQUESTS_PER_MINUTE"

    site = settings.load(file, {name: "20"}).sites["chaturbate"]

    assert (site.requests_per_minute, site.retries) == (20, 7)


def test_an_empty_variable_counts_as_not_set(tmp_path: Path) -> None:
    chosen = settings.load(written(tmp_path, ""), {"GREENROOM_BROWSER__ENDPOINT": ""})

    assert chosen.browser.endpoint is None


def test_a_variable_reaches_an_account_whose_name_has_a_dash(tmp_path: Path) -> None:
    file = written(tmp_path, '[accounts.my-room]\nsite = "chaturbate"\nusername = "alice"\n')

    chosen = settings.load(file, {"GREENROOM_ACCOUNTS__MY_ROOM__USERNAME": "bob"})

    assert chosen.accounts["my-room"].username == "bob"


def test_relative_paths_start_at_the_file(tmp_path: Path) -> None:
    text = '[storage]\ndirectory = "kept"\n[database]\nurl = "sqlite:///history.db"\n'

    chosen = settings.load(written(tmp_path, text), {})

    assert chosen.storage.directory == tmp_path / "kept"
    assert chosen.database.url == f"sqlite:///{tmp_path / 'history.db'}"


def test_the_default_folder_is_the_one_of_whoever_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))

    assert settings.read("", None, {}).storage.directory == tmp_path / "greenroom"


def test_a_path_may_begin_in_the_home_folder(tmp_path: Path) -> None:
    text = '[storage]\ndirectory = "~/kept"\n[database]\nurl = "sqlite:///~/history.db"\n'

    chosen = settings.load(written(tmp_path, text), {})

    assert chosen.storage.directory == Path.home() / "kept"
    assert chosen.database.url == f"sqlite:///{Path.home() / 'history.db'}"


def test_an_absolute_database_path_stays(tmp_path: Path) -> None:
    text = '[database]\nurl = "sqlite:////srv/history.db"\n'

    assert settings.load(written(tmp_path, text), {}).database.url == "sqlite:////srv/history.db"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_names_its_driver(tmp_path: Path, scheme: str) -> None:
    text = f'[database]\nurl = "{scheme}://greenroom@localhost/history"\n'

    chosen = settings.load(written(tmp_path, text), {})

    assert chosen.database.url == "postgresql+psycopg://greenroom@localhost/history"


def test_a_byte_order_mark_is_no_trouble(tmp_path: Path) -> None:
    file = tmp_path / "greenroom.toml"
    file.write_bytes(b"\xef\xbb\xbf[browser]\nheadless = false\n")

    assert not settings.load(file, {}).browser.headless


@pytest.mark.parametrize(
    ("text", "key", "fault"),
    [
        ("[sites.chaturbate]\nrequests_per_minute = 'fast'", "sites.chaturbate.requests_per_minute",
         "must be a whole number, not 'fast'"),
        ("[sites.chaturbate]\nrequests_per_minute = -1", "sites.chaturbate.requests_per_minute",
         "must be 0 or more, not -1"),
        ("[sites.chaturbate]\nrequests_per_minute = 0", "sites.chaturbate.requests_per_minute",
         "0 (unpaced) is for sites on loopback only; set 1 or more"),
        ("[sites.chaturbate]\nrequest_per_minute = 9", "sites.chaturbate.request_per_minute",
         "no such key; did you mean requests_per_minute?"),
        ("[sites.chaturbat]\nretries = 1", "sites.chaturbat",
         "no such site; did you mean chaturbate?"),
        ("[sites.chaturbate.selectors]\nusernam = 'b'", "sites.chaturbate.selectors.usernam",
         "no such name; did you mean username?"),
        ("[sites.chaturbate.sizes]\nroom_list = 0", "sites.chaturbate.sizes.room_list",
         "must be 1 or more"),
        ("[sites.chaturbate.endpoints]\nevents = '/events/'", "sites.chaturbate.endpoints.events",
         "must hold /:token/"),
        ("[sites.chaturbate.endpoints]\nevents = 'http://feed.invalid/:token/'",
         "sites.chaturbate.endpoints.events", "must begin with / or be a whole https address"),
        ("[sites.chaturbate.endpoints]\nroom = 'https://site.invalid/{room}/'",
         "sites.chaturbate.endpoints.room", "must begin with /, not"),
        ("[sites.chaturbate.endpoints]\nroom = 'x'", "sites.chaturbate.endpoints.room",
         "must begin with /"),
        ("[sites.chaturbate.endpoints]\nroom = '/{name}/'", "sites.chaturbate.endpoints.room",
         "{name} is unknown here; its placeholders are {room}"),
        ("[sites.chaturbate.endpoints]\nroom = '/{room/'", "sites.chaturbate.endpoints.room",
         "its braces do not match"),
        ("[sites.chaturbate]\nbase_url = 'chaturbate.com'", "sites.chaturbate.base_url",
         "must be an address such as https://example.com"),
        ("[sites.chaturbate]\nbase_url = 'http://example.com'", "sites.chaturbate.base_url",
         "must begin with https://"),
        ("[sites.chaturbate]\nbase_url = 'https://a:b@example.com'", "sites.chaturbate.base_url",
         "must hold no user, query or fragment"),
        ("[sites.chaturbate]\nbase_url = 'http://[::1'", "sites.chaturbate.base_url",
         "is no address"),
        ("[sites.chaturbate]\ntimezone = 'EST5'", "sites.chaturbate.timezone",
         "must be an IANA time zone"),
        ("[sites]\nchaturbate = 3", "sites.chaturbate", "must be a table"),
        ("[browser]\nheadless = 'maybe'", "browser.headless", "must be true or false"),
        ("[browser]\nendpoint = 'localhost:9222'", "browser.endpoint", "must be a ws://"),
        ("[database]\nurl = 'mysql://x/y'", "database.url", "must be sqlite:///FILE or postgresql"),
        ("[database]\nurl = 'sqlite://'", "database.url", "must be sqlite:///FILE or postgresql"),
        ("[accounts.Alice]\nsite = 'chaturbate'\nusername = 'a'", "accounts.Alice",
         "may hold lower-case letters, digits, - and _ only"),
        ("[accounts.alice]\nsite = 'chaturbate'", "accounts.alice.username", "is missing; add it"),
        ("[accounts.alice]\nsite = 'chaturbat'\nusername = 'a'", "accounts.alice.site",
         "no site 'chaturbat'; did you mean chaturbate?"),
        ("[accounts.alice]\nsite = 'chaturbate'\nusername = 12", "accounts.alice.username",
         "must be a text in quotes, not 12"),
        ("[storage]\ndirectory = 5", "storage.directory", "must be a path in quotes"),
        ("[databse]\nurl = 'sqlite:///x.db'", "databse", "no such key; did you mean database?"),
        ("xyz = true", "xyz", "no such key; known are accounts, browser, database"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_refused_with_file_key_and_remedy(
    tmp_path: Path, text: str, key: str, fault: str
) -> None:
    message = refusal(tmp_path, text)

    assert message.startswith(f"{tmp_path / 'greenroom.toml'}: {key}: ")
    assert fault in message


ROOM, STUDIO = "chaturbate.events", "statbate.live"


@pytest.mark.parametrize(
    ("feeds", "fault"),
    [
        ([(ROOM, "bob", "chat")], "feeds.one.target: chaturbate.events takes no target"),
        ([("statbate.webhook", "alice", "stat")], "statbate.webhook takes no target"),
        ([(ROOM, "", "chat"), (ROOM, "", "chat")], "feeds.two: listens to the same as one"),
        ([(STUDIO, "a,b", "stat"), (STUDIO, "B", "stat")], "feeds.two: listens to the same as one"),
        ([(STUDIO, "", "stat"), (STUDIO, "chaturbate/Alice", "stat")], "the same as one"),
        ([("camsoda.live_tips", "", "soda"), ("camsoda.live_tips", "ALICE", "soda")], "the same"),
        ([("relay.camsoda", "a", "tips"), ("relay.camsoda", "b", "tips")], "feeds.two: takes away"),
        ([("statbate.liv", "", "stat")], "there is no feed statbate.liv; there are camsoda"),
        ([(ROOM, "", "stat")], "feeds.one.account: stat is at statbate, not at chaturbate"),
        ([(ROOM, "", "nobody")], "feeds.one.account: there is no account nobody"),
    ],
)
def test_feeds_that_cannot_be_or_listen_to_the_same_are_refused(
    tmp_path: Path, feeds: list[tuple[str, str, str]], fault: str
) -> None:
    there = {"chat": "chaturbate", "stat": "statbate", "soda": "camsoda", "tips": "relay"}
    said = [f"[accounts.{name}]\nsite = '{at}'\nusername = 'alice'\n" for name, at in there.items()]
    for name, (feed, target, account) in zip(("one", "two"), feeds, strict=False):
        said.append(f"[feeds.{name}]\nfeed = '{feed}'\naccount = '{account}'\n")
        said += [f"target = '{target}'\n"] if target else []

    assert fault in refusal(tmp_path, "".join(said))


def test_all_faults_are_said_at_once(tmp_path: Path) -> None:
    message = refusal(tmp_path, "[browser]\nheadless = 'x'\n[storage]\nfolder = 'y'\n")

    assert "browser.headless" in message
    assert "storage.folder" in message


def test_a_fault_from_the_environment_names_the_variable(tmp_path: Path) -> None:
    name = "GREENROOM_SITES__CHATURBATE__RETRIES"

    message = refusal(tmp_path, "", **{name: "often"})

    assert message == f"{name}: sites.chaturbate.retries: must be a whole number, not 'often'."


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("GREENROOM_DATABASE_URL", "Did you mean GREENROOM_DATABASE__URL?"),
        ("GREENROOM_CONFG", "Did you mean GREENROOM_CONFIG?"),
        ("GREENROOM_ANYTHING_ELSE", "Unset it."),
        ("GREENROOM_DATABASE", "Unset it."),
        ("GREENROOM_DATABASE__", "Unset it."),
    ],
)
def test_an_unknown_variable_is_refused(tmp_path: Path, name: str, hint: str) -> None:
    message = refusal(tmp_path, "", **{name: "x"})

    assert message.startswith(f"{name}: no such variable")
    assert hint in message


def test_variables_with_names_of_their_own_are_no_settings(tmp_path: Path) -> None:
    own = {"GREENROOM_PASSWORD_ALICE": "pw", "GREENROOM_REWRITE_FIXTURES": "1"}

    assert settings.load(written(tmp_path, ""), own).accounts == {}


@pytest.mark.parametrize("key", ["password", "passwd", "session_token", "cookies"])
def test_a_secret_in_the_file_is_refused_without_being_repeated(tmp_path: Path, key: str) -> None:
    text = f'[accounts.my-room]\nsite = "chaturbate"\nusername = "alice"\n{key} = "hunter2"\n'

    message = refusal(tmp_path, text)

    assert f"accounts.my-room.{key}: a secret has no place here" in message
    assert "set GREENROOM_PASSWORD_MY_ROOM instead" in message
    assert "hunter2" not in message


def test_names_of_selectors_may_look_like_secrets(tmp_path: Path) -> None:
    text = '[sites.chaturbate.selectors]\nsign_in_password = "#pw"\n'

    chosen = settings.load(written(tmp_path, text), {})

    assert settings.layout(chosen, "chaturbate").selectors["sign_in_password"] == "#pw"


@pytest.mark.parametrize("url", ["postgres://u:hunter2@h:port/x", "mysql://u:hunter2@h/x"])
def test_a_refused_database_url_does_not_show_its_password(tmp_path: Path, url: str) -> None:
    assert "hunter2" not in refusal(tmp_path, f'[database]\nurl = "{url}"\n')


def test_what_is_no_toml_is_refused_with_its_line(tmp_path: Path) -> None:
    message = refusal(tmp_path, "[browser]\nheadless = yes\n")

    assert str(tmp_path / "greenroom.toml") in message
    assert "line 2" in message


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "greenroom.toml"
    file.write_bytes(b"[accounts.alice]\nusername = '\xff'\n")

    with pytest.raises(errors.BadConfig, match="Save it as UTF-8"):
        settings.load(file, {})


def test_two_accounts_cannot_share_a_password_variable(tmp_path: Path) -> None:
    account = 'site = "chaturbate"\nusername = "alice"\n'

    message = refusal(tmp_path, f"[accounts.a-b]\n{account}[accounts.a_b]\n{account}")

    assert "its password variable is that of a-b" in message


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    chosen = settings.load(written(tmp_path, ""), {})

    with pytest.raises(ValueError, match="frozen"):
        chosen.browser.headless = False  # type: ignore[misc]


def test_the_layout_is_the_sites_with_the_operators_values_over_it(tmp_path: Path) -> None:
    text = (
        '[sites.chaturbate]\nbase_url = "http://127.0.0.1:8000/"\ntimezone = "UTC"\n'
        'selectors = { username = "b.name" }\nsizes = { room_list = 10 }\n'
    )
    chosen = settings.load(written(tmp_path, text), {})

    layout = settings.layout(chosen, "chaturbate")

    assert layout.url("home") == "http://127.0.0.1:8000/"
    assert (layout.timezone, layout.sizes["room_list"]) == ("UTC", 10)
    assert layout.selectors["username"] == "b.name"
    assert layout.selectors["followed_row"]
    assert settings.overrides(chosen, "chaturbate") == {
        "base_url": "http://127.0.0.1:8000",
        "timezone": "UTC",
        "selectors": {"username": "b.name"},
        "sizes": {"room_list": 10},
    }


def test_an_untouched_layout_has_no_overrides(tmp_path: Path) -> None:
    chosen = settings.load(written(tmp_path, "[sites.chaturbate]\nretries = 1\n"), {})

    assert settings.overrides(chosen, "chaturbate") == {}


def test_unpaced_is_allowed_on_loopback(tmp_path: Path) -> None:
    text = '[sites.chaturbate]\nbase_url = "http://localhost:8000"\nrequests_per_minute = 0\n'

    chosen = settings.load(written(tmp_path, text), {})

    assert chosen.sites["chaturbate"].requests_per_minute == 0


def test_a_password_comes_from_the_variable_of_its_account() -> None:
    environ = {"GREENROOM_PASSWORD_MY_ROOM": "pw", "GREENROOM_PASSWORD_EMPTY": ""}

    assert settings.password("my-room", environ) == "pw"
    assert settings.password("empty", environ) is None
    assert settings.password("other", environ) is None
    assert environment.unused_passwords(["my-room"], environ) == ["GREENROOM_PASSWORD_EMPTY"]


def test_shown_settings_hide_every_secret_and_can_be_read_again(tmp_path: Path) -> None:
    text = (
        '[database]\nurl = "postgresql://green:hunter2@db.example/history?sslpassword=hunter3"\n'
        '[browser]\nendpoint = "wss://browser.example:9222/devtools/hunter4?token=hunter5"\n'
        "[sites.chaturbate.selectors]\nusername = 'a[data-x=\"1\"]'\n"
        '[accounts.alice]\nsite = "chaturbate"\nusername = "alice"\n'
    )
    environ = {"GREENROOM_PASSWORD_ALICE": "hunter6"}
    chosen = settings.load(written(tmp_path, text), environ)

    shown = settings_show.text(chosen)

    assert "hunter" not in shown
    assert 'url = "postgresql+psycopg://green:***@db.example/history?***"' in shown
    assert 'endpoint = "wss://browser.example:9222/***?***"' in shown
    assert "requests_per_minute = 30  # default" in shown
    assert {"hunter2", "hunter5", "hunter6"} <= settings_show.secrets(chosen, environ)
    again = settings.read(shown, tmp_path / "greenroom.toml", {})
    assert (again.sites, again.accounts) == (chosen.sites, chosen.accounts)


def test_a_default_is_marked_as_one_even_where_it_depends_on_others(tmp_path: Path) -> None:
    chosen = settings.load(written(tmp_path, '[storage]\ndirectory = "kept"\n'), {})

    shown = settings_show.text(chosen).splitlines()

    assert f'url = "sqlite:///{tmp_path / "kept" / "greenroom.db"}"  # default' in shown
    assert f'directory = "{tmp_path / "kept"}"' in shown


@pytest.mark.parametrize("place", ["https://feed.invalid/a/:token/?t={timeout}", "/a/:token/"])
def test_the_feed_of_events_may_stand_at_another_host(place: str) -> None:
    chosen = settings.read(f"[sites.chaturbate.endpoints]\nevents = '{place}'", None, {})
    url = settings.layout(chosen, "chaturbate").url("events", username="alice", timeout=5)

    whole = place if place.startswith("https") else f"https://chaturbate.com{place}"
    assert url == whole.replace("{timeout}", "5")
