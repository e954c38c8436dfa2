"""Which tokens a site's accounts may be given."""

from __future__ import annotations

import pytest

from jobs import tokens


@pytest.mark.parametrize(
    ("site", "wanted"),
    [
        ("statbate", {"api", "socket", "webhook"}),
        ("stripchat", {"bridge"}),
        ("relay", set[str]()),
    ],
)
def test_what_collectors_and_feeds_need_can_be_stored(site: str, wanted: set[str]) -> None:
    assert set(tokens.wanted(site)) >= wanted
