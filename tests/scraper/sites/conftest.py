"""One set of practice sites for the tests of sites that walk through them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fixtures.practice import client


@pytest.fixture(scope="session")
def practice_sites() -> Iterator[client.Practice]:
    with client.Practice() as running:
        yield running


@pytest.fixture
def practice(practice_sites: client.Practice) -> client.Practice:
    practice_sites.configure()
    return practice_sites
