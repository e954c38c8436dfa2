from __future__ import annotations

import json
from pathlib import Path

import pytest

from fixtures.practice import client
from tests.jobs.cli import given_home
from tests.models import given_sources as given
from tests.models import given_store as store


@pytest.fixture(scope="module")
def talked(world: client.Practice, tmp_path_factory: pytest.TempPathFactory) -> given_home.Home:
    """Return a home where alice and bob have talked of tea."""
    home = given_home.furnish(tmp_path_factory.mktemp("search"), world)
    assert home("db", "upgrade").code == 0
    with home.connection() as connection:
        source = store.source(connection)
        given.said(
            connection,
            source,
            store.START,
            store.act("1", username="alice", text="Tea and talk, \x1b[2Jwith café"),
            store.act("2", username="bob", text="x " * 200 + "far tea " + "y " * 200),
            store.act("3", username="bob", kind="tip", tokens=25, private=True, text="for music"),
        )
    return home


@pytest.fixture
def home(talked: given_home.Home, tmp_path: Path) -> given_home.Home:
    return talked.copy(tmp_path / "home")


def test_what_was_said_is_found_with_its_words_marked(home: given_home.Home) -> None:
    said = home("search", "tea", "cafe", "--from", "Alice")

    assert said.lines() == [
        "2026-03-01 00:00:00  chat  in operator_one  alice:  *Tea* and talk,  [2Jwith *café*"
    ]


def test_a_long_text_is_shown_around_the_word(home: given_home.Home) -> None:
    (line,) = home("search", "far te*").lines()

    assert "… " in line
    assert "*far tea*" in line
    assert len(line) < 250


def test_what_is_private_is_marked(home: given_home.Home) -> None:
    (line,) = home("search", "music").lines()

    assert line.endswith("tip  in operator_one  bob  +25  (private):  for *music*")


def test_finds_are_printed_as_json_lines(home: given_home.Home) -> None:
    (told,) = map(json.loads, home("search", "talk", "--best", "--json").lines())

    assert (told["username"], told["kind"], told["marks"]) == ("alice", "chat", [[8, 12]])


def test_what_nobody_said_is_not_found(home: given_home.Home) -> None:
    said = home("search", "milk", "--since", "2026-01-01", "--room", "Operator_One")

    assert (said.code, said.out, said.err) == (0, "", "nothing has these words\n")


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (["?!"], "a search needs a letter or a digit"),
        (["x" * 501], "a search has at most 500 characters"),
        (["tea", "--from", "nobody_at_all"], "nobody called nobody_at_all was ever seen"),
        (["tea", "--room", "nowhere"], "nothing was ever told of a room nowhere"),
        (["tea", "--kind", "tips"], "nothing of the kind tips was ever seen; did you mean tip?"),
    ],
)
def test_what_cannot_be_searched_is_refused_with_a_remedy(
    home: given_home.Home, arguments: list[str], remedy: str
) -> None:
    said = home("search", *arguments)

    assert (said.code, remedy in said.err) == (2, True)


def test_a_note_is_shown_and_found(home: given_home.Home) -> None:
    assert home("people", "note", "alice", " plays the cello ").out == "alice: noted.\n"

    assert any(line.endswith("plays the cello") for line in home("people", "show", "alice").lines())
    (note,) = home("people", "show", "alice", "--json").json()["notes"]
    assert note["text"] == "plays the cello"
    (line,) = home("search", "cello", "--kind", "note").lines()
    assert line.endswith("note  alice:  plays the *cello*")


@pytest.mark.parametrize(("name", "words"), [("alice", " "), ("nobody_at_all", "x")])
def test_what_is_no_note_is_refused(home: given_home.Home, name: str, words: str) -> None:
    assert home("people", "note", name, words).code == 2


def test_a_reparse_leaves_what_is_found_as_it_was(lived: given_home.Home) -> None:
    word = lived.rows("SELECT text FROM interactions WHERE kind = 'chat' AND text LIKE '% %'")[0][0]
    before = lived("search", word.split()[0], "--json").out

    assert lived("reparse").code == 0
    assert lived("search", word.split()[0], "--json").out == before != ""
