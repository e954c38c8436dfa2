"""One pair of practice sites for all tests; each test makes its own world of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fixtures.practice import client
from tests.practice import given_visitor


@pytest.fixture(scope="session")
def sites() -> Iterator[client.Practice]:
    with client.Practice() as running:
        yield running


@pytest.fixture
def practice(sites: client.Practice) -> client.Practice:
    sites.configure()
    return sites


@pytest.fixture
def visitor(practice: client.Practice) -> Iterator[given_visitor.Visitor]:
    with given_visitor.Visitor(practice) as newcomer:
        yield newcomer


@pytest.fixture
def reader(practice: client.Practice) -> Iterator[given_visitor.StatsReader]:
    with given_visitor.StatsReader(practice) as newcomer:
        yield newcomer
