"""A session exported from a browser is read whatever its form, and nothing but the site's own."""

import json
from typing import Any

import pytest

from scraper import errors, imported

SITE = "https://chaturbate.com"
TIME = 1_795_000_000
SECRET = "s3cret-value"

PLAIN = {
    "name": "sessionid",
    "value": SECRET,
    "domain": "chaturbate.com",
    "path": "/",
    "expires": -1,
    "httpOnly": False,
    "secure": False,
    "sameSite": "Lax",
}
KEPT = {**PLAIN, "domain": ".chaturbate.com", "expires": TIME, "httpOnly": True, "secure": True}

STORAGE_STATE = json.dumps({"cookies": [KEPT], "origins": []})
COOKIES_TXT = (
    "# Netscape HTTP Cookie File\n# This is a generated file! Do not edit.\n\n"
    f"#HttpOnly_.chaturbate.com\tTRUE\t/\tTRUE\t{TIME}\tsessionid\t{SECRET}\n"
)
EXTENSION = json.dumps(
    [
        {
            "domain": ".chaturbate.com",
            "expirationDate": TIME,
            "hostOnly": False,
            "httpOnly": True,
            "name": "sessionid",
            "path": "/",
            "sameSite": "unspecified",
            "secure": True,
            "session": False,
            "storeId": "0",
            "value": SECRET,
            "id": 1,
        }
    ]
)


def cookies(text: str, site: str = SITE) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = imported.read(text, site).state["cookies"]
    return found


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (STORAGE_STATE, "storage state"),
        (COOKIES_TXT, "cookies.txt"),
        (COOKIES_TXT.replace("\n", "\r\n"), "cookies.txt"),
        (COOKIES_TXT.replace("\t", "    "), "cookies.txt"),
        (COOKIES_TXT.partition("\n\n")[2], "cookies.txt"),
        (EXTENSION, "cookie JSON"),
        (f"\ufeff\n {EXTENSION}\n", "cookie JSON"),
        (json.dumps({"url": SITE, "cookies": json.loads(EXTENSION)}), "storage state"),
    ],
)
def test_the_same_cookie_is_read_from_every_form(text: str, form: str) -> None:
    read = imported.read(text, SITE)

    assert (read.form, read.state) == (form, {"cookies": [KEPT], "origins": []})


@pytest.mark.parametrize(
    "text",
    [
        f"sessionid={SECRET}; csrftoken=abc==",
        f"Cookie: sessionid={SECRET}; csrftoken=abc==",
        f"cookie:sessionid={SECRET};csrftoken=abc==;",
        f"cookie\n sessionid={SECRET}; csrftoken=abc==\nhost\nchaturbate.com",
        f"GET / HTTP/1.1\r\nHost: a.example\r\nCookie: sessionid={SECRET}; csrftoken=abc==\r\n",
    ],
)
def test_a_header_names_the_cookies_of_the_site_it_was_sent_to(text: str) -> None:
    token = {**PLAIN, "name": "csrftoken", "value": "abc==", "secure": True}

    assert cookies(text) == [{**PLAIN, "secure": True}, token]


def test_a_cookie_of_a_site_without_encryption_is_sent_without() -> None:
    assert not cookies("sessionid=1", "http://127.0.0.1:8800")[0]["secure"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"expirationDate": TIME + 0.25}, {"expires": TIME + 0.25}),
        ({"expirationDate": TIME * 1000}, {"expires": TIME}),
        ({"expirationDate": None, "session": True}, {"expires": -1}),
        ({"expirationDate": TIME, "session": True}, {"expires": -1}),
        ({"expirationDate": 0}, {"expires": -1}),
        ({"expirationDate": 1e300}, {"expires": 253_402_300_799}),
        ({"sameSite": "no_restriction", "secure": True}, {"sameSite": "None", "secure": True}),
        ({"sameSite": "no_restriction", "secure": False}, {"sameSite": "Lax"}),
        ({"sameSite": "lax"}, {"sameSite": "Lax"}),
        ({"sameSite": "Strict"}, {"sameSite": "Strict"}),
        ({"sameSite": None}, {"sameSite": "Lax"}),
        ({"path": None}, {"path": "/"}),
        ({"domain": ".ChaturBate.com", "hostOnly": True}, {"domain": "chaturbate.com"}),
        ({"domain": ".chaturbate.com"}, {"domain": ".chaturbate.com"}),
    ],
)
def test_what_browsers_write_differently_becomes_one(
    given: dict[str, Any], expected: dict[str, Any]
) -> None:
    bare = {"name": "sessionid", "value": SECRET, "domain": "chaturbate.com"}

    assert cookies(json.dumps([bare | given])) == [PLAIN | expected]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"chaturbate.com\tFALSE\t/\tFALSE\t0\tsessionid\t{SECRET}", PLAIN),
        (f"chaturbate.com\tFALSE\t/\tFALSE\t\tsessionid\t{SECRET}", PLAIN),
        ("chaturbate.com\tFALSE\t/\tFALSE\t0\tsessionid\t", {**PLAIN, "value": ""}),
        ("chaturbate.com\tFALSE\t/\tFALSE\t0\tsessionid\ta b", {**PLAIN, "value": "a b"}),
        (
            f"chaturbate.com\tFALSE\t/p/\tFALSE\t{TIME}.5\tsessionid\t{SECRET}",
            {**PLAIN, "path": "/p/", "expires": TIME + 0.5},
        ),
    ],
)
def test_a_line_of_cookies_txt_is_read_to_the_letter(line: str, expected: dict[str, Any]) -> None:
    assert cookies(f"# Netscape HTTP Cookie File\n{line}\n# the end") == [expected]


@pytest.mark.parametrize(
    ("domain", "site", "own"),
    [
        ("chaturbate.com", SITE, True),
        (".chaturbate.com", SITE, True),
        (".chaturbate.com", "https://en.chaturbate.com", True),
        ("www.chaturbate.com", SITE, False),
        ("notchaturbate.com", SITE, False),
        ("com", SITE, False),
        (".com", SITE, False),
        ("chaturbate.com.invented.example", SITE, False),
        ("127.0.0.1", "http://127.0.0.1:8800", True),
        (".0.0.1", "http://127.0.0.1:8800", False),
    ],
)
def test_only_what_a_browser_would_send_to_the_site_is_kept(
    domain: str, site: str, *, own: bool
) -> None:
    read = imported.read(json.dumps([{"name": "a", "value": "1", "domain": domain}]), site)

    assert (len(read.state["cookies"]), read.dropped) == ((1, 0) if own else (0, 1))


def test_storage_of_other_origins_is_left_out() -> None:
    own = {"origin": SITE, "localStorage": [{"name": "theme", "value": "dark"}]}
    base = {"origin": SITE, "indexedDB": [{"name": "keys", "version": 1, "stores": []}]}
    strange = {"origin": "https://shop.example", "localStorage": []}
    text = json.dumps({"cookies": [], "origins": [own, strange, base]})

    assert imported.read(text, SITE).state["origins"] == [own, {**base, "localStorage": []}]


@pytest.mark.parametrize("text", ["", " \n", "[]", "{}", '{"cookies": [], "origins": []}'])
def test_an_empty_session_is_read_as_one(text: str) -> None:
    assert imported.read(text, SITE).state == {"cookies": [], "origins": []}


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        f"hello {SECRET}\nworld",
        "<html><body>Sign in</body></html>",
        '{"cookies": ',
        '{"cookies": 7}',
        "[1, 2]",
        '[{"name": "a"}]',
        json.dumps([{"name": 1, "value": SECRET, "domain": "chaturbate.com"}]),
        json.dumps([{"name": "", "value": SECRET, "domain": "chaturbate.com"}]),
        json.dumps([{"name": "a", "value": f"{SECRET}\r\n", "domain": "chaturbate.com"}]),
        f"# Netscape HTTP Cookie File\nchaturbate.com\tTRUE\t/\n{SECRET}",
        f"# Netscape HTTP Cookie File\nchaturbate.com\tFALSE\t/\tFALSE\tsoon\tsessionid\t{SECRET}",
    ],
)
def test_what_is_no_session_is_refused_with_what_was_expected(text: str) -> None:
    with pytest.raises(errors.BadConfig) as refused:
        imported.read(text, SITE)

    assert refused.value.code == "session_unreadable"
    assert "cookies.txt" in refused.value.message
    assert SECRET not in refused.value.message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_is_text_however_it_was_saved(encoding: str) -> None:
    assert imported.decoded(COOKIES_TXT.encode(encoding)) == COOKIES_TXT


@pytest.mark.parametrize("content", [b"\xff\x00\xfa", b"\x89PNG\r\n", b" " * (imported.SIZE + 1)])
def test_a_file_that_is_no_text_is_refused(content: bytes) -> None:
    with pytest.raises(errors.BadConfig) as refused:
        imported.decoded(content)

    assert refused.value.code == "session_unreadable"


def test_a_session_that_was_read_shows_no_secret() -> None:
    assert SECRET not in repr(imported.read(STORAGE_STATE, SITE))
