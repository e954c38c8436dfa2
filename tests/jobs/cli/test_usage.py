"""What a newcomer meets: help that fits, mistakes that are named with their remedy, exit codes."""

from __future__ import annotations

import sys

import pytest

from jobs.cli import app, exits
from tests.jobs.cli import given_home

USAGE: list[tuple[str, str]] = [
    ("nonsense", "No such command 'nonsense'."),
    ("runs nonsense", "No such command 'nonsense'."),
    ("--nonsense", "No such option: --nonsense"),
    ("collect", "Missing argument 'COLLECTOR'."),
    ("collect chaturbate.followers", "Missing option '--account' / '-a'."),
    ("runs show", "Missing argument 'RUN'."),
    ("runs show seven", "Invalid value for 'RUN': "),
    ("parse x", "Invalid value for 'PAYLOAD': "),
    ("export nobody -a main", "Invalid value for 'WHAT': 'nobody' is not one of 'followers', "),
    ("export chat -a main --format xml", "Invalid value for '--format': 'xml' is not one of "),
    ("export chat -a main --as-of soon", "Invalid value for '--as-of': "),
    ("lists members -a main --kind friends", "Invalid value for '--kind': "),
    ("runs list --limit 0", "Invalid value for '--limit': "),
    ("import-page -a main --kind followers", "Missing argument 'FILE'."),
]

WISHES: list[tuple[str, str]] = [
    (
        "collect chaturbate.friends -a main",
        "there is no collector chaturbate.friends; there are ",
    ),
    ("collect friends -a main", "there is no collector friends; there are "),
    (
        "collect chaturbate.followers -a nobody",
        "there is no account nobody (known: main, stats); add it with `greenroom accounts add`",
    ),
    (
        "collect chaturbate.followers -a stats",
        "account stats is at statbate_plus; chaturbate.followers needs one at chaturbate",
    ),
    ("collect statbate_plus.chat -a stats", "statbate_plus.chat needs a room: --target ROOM"),
    ("collect chaturbate.tips -a main --since 2026-01-01", "chaturbate.tips takes no --since"),
    ("collect chaturbate.followers -a main --target x", "chaturbate.followers takes no --target"),
    (
        "collect statbate_plus.chat -a stats --target x --since 2026-02-01 --until 2026-01-01",
        "--since must lie before --until",
    ),
    ("export followers -a nobody", "there is no account nobody"),
    ("lists members -a nobody", "there is no account nobody"),
    ("lists diff -a main", "a difference needs two ends: --run A --run B, or two --as-of"),
    ("lists diff -a main --as-of 2999-01-01", "2999-01-01 00:00:00 UTC lies in the future"),
    ("runs list -a nobody", "there is no account nobody"),
    ("parse 99", "there is no payload 99"),
    ("fixture 99 case", "there is no payload 99"),
    ("reparse --kind nobody", "no kind nobody; there are activity, "),
    ("fetch / -a nobody", "there is no account nobody"),
    ("import-page nowhere.html -a main --kind followers", "nowhere.html cannot be read: "),
    (
        "import-page greenroom.toml -a stats --kind followers",
        "statbate_plus has no saved followers",
    ),
]


@pytest.mark.parametrize(("command", "said"), USAGE, ids=str)
def test_a_command_that_cannot_be_read_says_why(
    home: given_home.Home, command: str, said: str
) -> None:
    told = home(*command.split())

    assert told.code == exits.USAGE
    assert told.out == ""
    assert told.err.startswith(f"error[bad_request]: {said}")
    assert "\nremedy: `greenroom" in told.err
    assert "--help` says what can be asked." in told.err
    assert "Value error" not in told.err


@pytest.mark.parametrize(("command", "said"), WISHES, ids=str)
def test_a_wish_that_cannot_be_granted_says_why_and_what_to_do(
    home: given_home.Home, command: str, said: str
) -> None:
    told = home(*command.split())

    assert told.code == exits.USAGE
    assert told.out == ""
    assert told.err.startswith(f"error[bad_request]: {said}")
    assert told.err.count("\nremedy: ") == 1
    assert home.rows("SELECT * FROM runs") == []


@pytest.mark.parametrize(
    "command", ["", *app.GROUPS, *app.COMMANDS, *(f"{group} -h" for group in app.GROUPS)]
)
def test_every_command_has_help_that_fits_its_line(home: given_home.Home, command: str) -> None:
    told = home(*command.split(), *(() if command.endswith("-h") else ("--help",)))

    assert told.code == exits.OK
    assert told.out.startswith("Usage: greenroom")
    assert [line for line in told.lines()[1:] if line.endswith("...") or len(line) > 80] == []


@pytest.mark.parametrize("command", ["", *app.GROUPS])
def test_a_group_without_a_command_shows_its_help(home: given_home.Home, command: str) -> None:
    told = home(*command.split())

    assert told.code == exits.USAGE
    assert told.err.startswith("Usage: greenroom")


def test_the_version_is_one_line(home: given_home.Home) -> None:
    told = home("--version")

    assert (told.code, len(told.lines())) == (exits.OK, 1)
    assert told.out.startswith("greenroom ")


def test_a_file_of_settings_that_is_not_there_is_named(home: given_home.Home) -> None:
    told = home("--config", "nowhere.toml", "runs", "list")

    assert told.code == exits.USAGE
    assert told.err.startswith("error[bad_config]: ")
    assert "nowhere.toml: there is no such file." in told.err


def test_collectors_say_what_they_need(home: given_home.Home) -> None:
    lines = home("collectors").lines()
    told = home("collectors", "--json").json()

    assert "chaturbate.followers: The people who follow the account." in lines
    assert any(line.startswith("statbate_plus.chat --target ROOM: ") for line in lines)
    assert {(one["collector"], one["target"], one["list"]) for one in told} >= {
        ("chaturbate.followers", False, "follower"),
        ("chaturbate.followed", False, "following"),
        ("statbate_plus.chat", True, None),
    }


def test_the_database_is_upgraded_and_checked(home: given_home.Home) -> None:
    upgraded = home("db", "upgrade")
    checked = home("db", "check")

    assert (upgraded.code, checked.code) == (exits.OK, exits.OK)
    assert upgraded.out.startswith("the tables are at revision ")
    assert {line.split()[0] for line in checked.lines()} == {"ok"}


def test_a_damaged_database_is_named(home: given_home.Home) -> None:
    home("db", "upgrade")
    file = home.folder / "data" / "greenroom.db"
    content = bytearray(file.read_bytes())
    content[0:2048] = b"x" * 2048
    file.write_bytes(bytes(content))

    for command in (("runs", "list"), ("collect", "chaturbate.followers", "-a", "main")):
        told = home(*command)
        assert told.code == exits.FAILED
        assert told.err.startswith("error[database_damaged]: ")
        assert "\nremedy: The database file is damaged." in told.err


def test_a_database_url_never_shows_its_password(home: given_home.Home) -> None:
    url = "postgresql://somebody:hidden-word@127.0.0.1:9/none"
    told = [
        home.child(*command, GREENROOM_DATABASE__URL=url)
        for command in (("runs", "list"), ("config", "show"), ("doctor",))
    ]

    assert [one.code for one in told] == [exits.FAILED, exits.OK, exits.FAILED]
    assert "error[database_unreachable]" in told[0].err
    assert "hidden-word" not in "".join(one.out + one.err for one in told)


def test_help_comes_at_once(home: given_home.Home) -> None:
    """No command module may load the database, the browser or the sites to say what it does."""
    code = (
        "import sys; from jobs.cli import app; app.run(['--help']);"
        "print([m for m in ('playwright', 'sqlalchemy', 'selectolax', 'httpx', 'rich.progress')"
        " if m in sys.modules], file=sys.stderr)"
    )
    told = given_home.ended(home.spawn(command=(sys.executable, "-c", code)))

    assert told.err == "[]\n"
