"""Whatever stands in the place of a value, an answer is read or refused, and never half."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from scraper import errors, payload
from scraper.sites import register
from tests.scraper import given_cases

JUNK: tuple[Any, ...] = (
    *(None, True, -1, 0, 10**25, 1e30, 0.5, "", " ", "0", "-7", "NaN", "x" * 300),
    *("\u0000", "\ud83d\ude00", "2026-13-45", "<b>", [], {}, [None], {"a": []}),
)
CASES = [
    case
    for case in given_cases.cases()
    if case.parts[-3] in {"stripchat", "camsoda"} and case.name in {"good", "older_make", "offline"}
]
LARGEST = 2**63


def spoilt(value: Any, junk: Any) -> Iterator[Any]:
    """Yield the value with junk in the place of each of its parts, one at a time."""
    yield junk
    if not isinstance(value, dict | list):
        return
    for key, part in list(value.items() if isinstance(value, dict) else enumerate(value)):
        for other in spoilt(part, junk):
            whole: Any = value.copy()
            whole[key] = other
            yield whole


def values(record: Any) -> Iterator[Any]:
    for value in msgspec.structs.asdict(record).values():
        yield from value if isinstance(value, tuple) else (value,)


@pytest.mark.parametrize("case", CASES, ids=given_cases.name)
def test_junk_in_the_place_of_a_value_is_refused_or_does_no_harm(case: Path) -> None:
    where = register.SITES[case.parts[-3]]
    good = given_cases.answer(case)
    parse = where.parsers[good.request.kind]
    for junk in JUNK:
        for body in spoilt(json.loads(good.body), junk):
            answer = msgspec.structs.replace(good, body=json.dumps(body).encode())
            try:
                batch = parse(answer, where.layout)
            except errors.GreenroomError:
                continue
            assert isinstance(batch, payload.Batch)
            for value in (value for record in batch.records for value in values(record)):
                assert not isinstance(value, int) or -LARGEST <= value < LARGEST
                assert not isinstance(value, datetime) or value.tzinfo is not None
                assert isinstance(value, str | int | float | datetime | None)
