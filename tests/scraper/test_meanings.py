"""What sources write differently and mean alike."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from scraper import meanings


@pytest.mark.parametrize("said", [33, "33", 33.0, " 33 ", "33.0"], ids=repr)
def test_tokens_are_read_in_whatever_type(said: object) -> None:
    assert meanings.tokens(said) == 33


@pytest.mark.parametrize(
    "said", [0, -1, 1.5, "", "many", "1,000", True, None, [], {}, 10**12, float("nan")], ids=repr
)
def test_nothing_and_nonsense_are_no_tokens(said: object) -> None:
    assert meanings.tokens(said) is None


@pytest.mark.parametrize(
    "said",
    [
        *(1795247998, 1795247998000, "1795247998", 1795247998.0, "2026-11-21T07:59:58Z"),
        *("2026-11-21 07:59:58", "2026-11-21T08:59:58+01:00"),
    ],
    ids=repr,
)
def test_a_time_is_read_in_whatever_form(said: object) -> None:
    assert meanings.moment(said) == datetime(2026, 11, 21, 7, 59, 58, tzinfo=UTC)


NO_TIMES: tuple[object, ...] = (
    0,
    -5,
    1e300,
    "",
    "soon",
    "2026-13-45",
    True,
    None,
    [],
    "0001-01-01",
)


@pytest.mark.parametrize("said", NO_TIMES, ids=repr)
def test_nothing_and_nonsense_are_no_time(said: object) -> None:
    assert meanings.moment(said) is None


NO_NAMES: tuple[object, ...] = ("", " ", 17, None, {})


def test_a_name_has_one_spelling_and_what_can_be_none_is_none() -> None:
    assert meanings.who(" Alice ") == "alice"
    for said in (*NO_NAMES, "a\nb", "x" * 65):
        assert meanings.who(said) is None
