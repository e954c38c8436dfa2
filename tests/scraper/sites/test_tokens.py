"""The token history is read back to the last known transaction, without a hole."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from hypothesis import given as having
from hypothesis import strategies

from models import records
from scraper import errors, payload, site
from scraper.sites import register
from scraper.sites.chaturbate import endpoints
from scraper.sites.chaturbate.pages import tokens
from tests.scraper import given_answers as given

SITE = register.SITES["chaturbate"]
IDS = strategies.lists(strategies.integers(1, 10**6), unique=True, max_size=60)


def row(number: int, **facts: object) -> dict[str, Any]:
    known = {"id": number, "date": "2026-11-20T12:00:00", "tokens": 5}
    return known | {"description": "Tip received"} | facts


def answered(request: payload.Request, ids: list[int], size: int) -> payload.Payload:
    """Answer as the site does: newest first, from the bound on, the bound included."""
    bound = parse_qs(urlsplit(request.url).query).get("max_transaction_id", [""])[0]
    left = [one for one in sorted(ids, reverse=True) if not bound or one <= int(bound)]
    page = {"transactions": [row(one) for one in left[:size]], "txns_fully_loaded": 1}
    return given.answer(msgspec.json.encode(page), request)


def walk(ids: list[int], size: int, cursor: str | None = None) -> tuple[list[str], list[str]]:
    """Walk the whole history; return the keys in the order read, and the cursors stated."""
    errand = given.errand(cursor=cursor)
    leads = [endpoints.token_stats(SITE.layout, errand)]
    keys, cursors = list[str](), list[str]()
    while leads:
        batch = tokens.token_stats(answered(leads.pop(0), ids, size), SITE.layout)
        keys += [one.key for one in batch.records if isinstance(one, records.Interaction)]
        cursors += [one.value for one in batch.records if isinstance(one, records.Cursor)]
        leads = [*batch.leads, *leads]
    return keys, cursors


@having(ids=IDS, size=strategies.integers(2, 20))
def test_a_full_walk_reads_every_transaction_once_and_then_knows_the_newest(
    ids: list[int], size: int
) -> None:
    keys, cursors = walk(ids, size)

    assert sorted(map(int, keys)) == sorted(ids)
    assert cursors == ([str(max(ids))] if ids else [])


@having(ids=IDS.filter(len), size=strategies.integers(2, 20), data=strategies.data())
def test_a_later_walk_reads_all_that_is_newer_than_what_is_known(
    ids: list[int], size: int, data: strategies.DataObject
) -> None:
    known = data.draw(strategies.sampled_from(ids))

    keys, cursors = walk(ids, size, cursor=str(known))

    assert {one for one in ids if one > known} <= set(map(int, keys))
    assert cursors == [str(max(ids))]


@pytest.mark.parametrize(
    ("description", "kind"),
    [
        ("Tip received", "tip"),
        ("Tip", "tip"),
        ("Private show", "private_show"),
        ("Spy on private show", "spy_show"),
        ("Photos/videos sold", "media_sale"),
        ("Fan club membership", "fanclub"),
        ("Tokens purchased", "token_purchase"),
        ("Tokens cashed out", "payout"),
        ("Tiptoe contest", "other"),
        ("", "other"),
    ],
)
def test_a_description_tells_the_kind(description: str, kind: str) -> None:
    assert only(row(1, description=description)).kind == kind


def only(transaction: dict[str, Any], layout: site.Layout = SITE.layout) -> records.Interaction:
    request = endpoints.token_stats(layout, given.errand())
    answer = given.answer(msgspec.json.encode({"transactions": [transaction]}), request)
    (found,) = tokens.token_stats(answer, layout).records
    assert isinstance(found, records.Interaction)
    return found


@pytest.mark.parametrize(
    ("zone", "hour"), [("UTC", 12), ("America/Los_Angeles", 20), ("Europe/Berlin", 11)]
)
def test_a_time_without_a_zone_is_in_the_zone_of_the_layout(zone: str, hour: int) -> None:
    layout = msgspec.structs.replace(SITE.layout, timezone=zone)

    assert only(row(1), layout).at == datetime(2026, 11, 20, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fetched", "dates", "minutes"),
    [
        (180, ["02:10", "01:30", "01:05", "01:40", "01:10", "00:50"], [130, 90, 65, 40, 10, -10]),
        (20, ["01:10", "00:50"], [10, -10]),
        (80, ["01:10", "01:20"], [70, 20]),
    ],
)
def test_an_hour_that_clocks_show_twice_is_told_by_the_order(
    fetched: int, dates: list[str], minutes: list[int]
) -> None:
    layout = msgspec.structs.replace(SITE.layout, timezone="America/Los_Angeles")
    first = datetime(2026, 11, 1, 8, tzinfo=UTC)  # 01:00 for the first time
    rows = [row(99 - n, date=f"2026-11-01T{date}:00") for n, date in enumerate(dates)]
    request = endpoints.token_stats(layout, given.errand())
    answer = given.answer(msgspec.json.encode({"transactions": rows}), request)
    answer = msgspec.structs.replace(answer, fetched_at=first + timedelta(minutes=fetched))

    acts = [
        one
        for one in tokens.token_stats(answer, layout).records
        if isinstance(one, records.Interaction)
    ]

    assert [one.at for one in acts] == [first + timedelta(minutes=at) for at in minutes]


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", ""])
def test_a_zone_that_does_not_exist_is_a_bad_setting(zone: str) -> None:
    with pytest.raises(errors.BadConfig):
        only(row(1), msgspec.structs.replace(SITE.layout, timezone=zone))


@pytest.mark.parametrize("date", ["", "yesterday", "0001-01-01T00:00:00+23:00", "2026-13-01"])
def test_a_date_that_cannot_be_read_is_no_date(date: str) -> None:
    with pytest.raises(errors.PageChanged):
        only(row(1, date=date))
