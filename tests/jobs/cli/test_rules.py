"""`greenroom rules`: what is to fire, what would, and what did."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fixtures.practice import client
from models import apply, firings, moment
from tests.jobs.cli import given_home
from tests.models import given_store as store

RULES = """
[rules.dance]
amount = 33
event = "dance"

[rules.wheel]
kinds = ["tip", "purchase"]
amount = [">=200", "99"]
not_people = "bob"
anonymous = false
platforms = "chaturbate"
rooms = "Operator_One"
words = ["spin", "turn"]
pattern = "^please"
private = true
cooldown = "90s"
per_minute = 5
webhook = "https://example.com/secret-path"
"""


@pytest.fixture
def home(world: client.Practice, tmp_path: Path) -> given_home.Home:
    home = given_home.furnish(tmp_path, world)
    file = home.folder / "greenroom.toml"
    file.write_text(file.read_text() + RULES)
    return home


def test_rules_are_listed_with_all_that_they_ask(home: given_home.Home) -> None:
    dance, wheel = home("rules", "list").lines()

    assert dance.endswith(" tip of 33 tokens, 60 a minute at most -> event dance")
    assert wheel.endswith(
        " tip or purchase of >=200 or 99 tokens not by bob by somebody named on chaturbate"
        """ in operator_one with "spin" or "turn" like '^please' in private, too,"""
        " 5 a minute at most, then 1m30s rest -> webhook example.com"
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((33,), "dance: event dance\n"),
        ((34,), "No rule fires.\n"),
        ((99, "--user", "al", "--room", "operator_one", "--text", "please spin"), "wheel: "),
        ((99, "--user", "Bob", "--room", "operator_one", "--text", "please spin"), "No rule"),
    ],
)
def test_an_invented_act_is_tried_out(
    home: given_home.Home, words: tuple[Any, ...], told: str
) -> None:
    assert home("rules", "test", *words).out.startswith(told)


def test_a_kind_that_is_none_is_refused(home: given_home.Home) -> None:
    said = home("rules", "test", 33, "--kind", "tips")

    assert (said.code, "tips is no kind of act; did you mean tip?" in said.err) == (2, True)


def test_firings_are_listed_with_what_fired_them(home: given_home.Home) -> None:
    assert home("rules", "firings").out == "No rule has fired.\n"
    tips = [
        store.act(str(number), kind="tip", tokens=33, username=name)
        for number, name in enumerate(("alice", None))
    ]
    with home.connection() as connection:
        apply.apply(connection, tips, store.source(connection))
        now = moment.now()
        fired = [
            firings.Firing(
                rule="dance", way="event", interaction_id=act, state="done", at=now, next_at=now
            )
            for act in (1, 2)
        ]
        firings.place(connection, fired, 2)

    lines = home("rules", "firings").lines()

    assert [line.partition("done  ")[2] for line in lines] == [
        "(tip of 33 tokens by nobody named in chaturbate/operator_one)",
        "(tip of 33 tokens by alice in chaturbate/operator_one)",
    ]
    assert len(home("rules", "firings", "--rule", "dance", "--json").json()) == 2
