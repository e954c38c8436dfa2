"""One world of its own, and a home where much has been collected, copied for each test."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import pytest

from fixtures.practice import client
from tests.jobs.cli import given_home

HOSTILE = ['=HYPERLINK("http://x.invalid","look")', "@SUM(1)", "-2+3", "\tx", "a,b\nc", '"quoted"']


class Life(NamedTuple):
    """A home where much has been collected, and what was true before and after the change."""

    home: given_home.Home
    before: dict[str, Any]
    after: dict[str, Any]


@pytest.fixture(scope="session")
def world() -> Iterator[client.Practice]:
    with client.Practice() as started:
        yield started


@pytest.fixture(scope="session")
def life(world: client.Practice, tmp_path_factory: pytest.TempPathFactory) -> Life:
    """Runs 1 to 5 read everything; then the world moves on, and 6 and 7 read both lists again."""
    world.configure(**given_home.SMALL)
    world.churn([{"do": "say", "text": words} for words in HOSTILE])
    home = given_home.furnish(tmp_path_factory.mktemp("life"), world)
    for errand in ("followers", "followed", "chat", "tips"):
        assert home("collect", f"chaturbate.{errand}", "-a", "main").code == 0
    room = ("--target", world.username)
    assert home("collect", "statbate_plus.chat", "-a", "stats", *room).code == 0
    before = world.truth()
    world.churn_random(seed=3, joins=2, leaves=3, follows=1, unfollows=1)
    for errand in ("followers", "followed"):
        assert home("collect", f"chaturbate.{errand}", "-a", "main").code == 0
    return Life(home, before, world.truth())


@pytest.fixture(scope="session")
def as_published() -> Callable[[str], dict[str, Any]]:
    """Return how to read the one object that a command prints, as its published schema has it."""
    schema = json.loads((given_home.HOUSE / "docs" / "run.schema.json").read_text("utf-8"))
    checked = jsonschema.Draft202012Validator(schema)

    def read(text: str) -> dict[str, Any]:
        assert text.count("\n") == 1
        told: dict[str, Any] = json.loads(text)
        checked.validate(told)
        return told

    return read


@pytest.fixture
def lived(life: Life, world: client.Practice, tmp_path: Path) -> Iterator[given_home.Home]:
    """Return a copy of that home; the world is as it was when the home was last used."""
    home = life.home.copy(tmp_path / "home")
    home.forget_sign_in()
    yield home
    world.clear_faults()


@pytest.fixture
def home(world: client.Practice, tmp_path: Path) -> Iterator[given_home.Home]:
    """Return a home where nothing has happened yet, at a world as small and as new."""
    world.configure(**given_home.SMALL, keep_sessions=True)
    yield given_home.furnish(tmp_path / "home", world)
    world.clear_faults()
