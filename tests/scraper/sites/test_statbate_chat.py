"""The chat of a room is read once, however the site cuts it into pages."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from hypothesis import given as having
from hypothesis import strategies

from models import records
from scraper import errors, payload
from scraper.sites import register
from scraper.sites.statbate_plus import endpoints
from scraper.sites.statbate_plus.pages import chat
from tests.scraper import given_answers as given

SITE = register.SITES["statbate_plus"]
SPOKEN = strategies.lists(
    strategies.tuples(
        strategies.integers(0, 3),
        strategies.sampled_from("ab"),
        strategies.sampled_from("xy"),
    ),
    max_size=40,
)
"""Messages as (second, sender, text): few of each, so that many are equal."""

Spoken = list[tuple[int, str, str]]


def answered(
    request: payload.Request, said: Spoken, size: int, total: int | None
) -> payload.Payload:
    """Answer as Laravel's paginators do, the simple one if no total is told."""
    number = int(parse_qs(urlsplit(request.url).query)["page"][0])
    rows = said[(number - 1) * size : number * size]
    more = number * size < len(said)
    messages = {
        "data": [
            {"time": f"2026-11-20 20:15:0{second}", "sender": who, "message": text}
            for second, who, text in rows
        ],
        "current_page": number,
        "per_page": size,
        "next_page_url": f"https://other.invalid/chat?page={number + 1}" if more else None,
    }
    if total is not None:
        messages |= {"total": total, "last_page": -(-len(said) // size)}
    told = {
        "component": "Model/Chat",
        "props": {
            "auth": {"user": {"name": given.USERNAME, "email": None}},
            "messages": messages,
        },
        "version": "v1",
    }
    return given.answer(msgspec.json.encode(told), request)


def walk(said: Spoken, size: int, *, totals: bool) -> tuple[list[str], list[str]]:
    leads = [endpoints.chat(SITE.layout, given.errand())]
    keys, cursors = list[str](), list[str]()
    while leads:
        answer = answered(leads.pop(0), said, size, len(said) if totals else None)
        batch = chat.chat_page(answer, SITE.layout)
        keys += [one.key for one in batch.records if isinstance(one, records.Interaction)]
        cursors += [one.value for one in batch.records if isinstance(one, records.Cursor)]
        leads = [*batch.leads, *leads]
    return keys, cursors


@having(said=SPOKEN, size=strategies.integers(1, 9), totals=strategies.booleans())
def test_every_message_has_a_key_of_its_own_however_the_pages_are_cut(
    said: Spoken, size: int, *, totals: bool
) -> None:
    keys, cursors = walk(sorted(said), size, totals=totals)

    assert len(keys) == len(set(keys)) == len(said)
    assert cursors == (["2026-11-21T08:00:00+00:00"] if said or totals else [])


@having(said=SPOKEN, sizes=strategies.tuples(strategies.integers(1, 9), strategies.integers(1, 9)))
def test_a_walk_in_the_other_order_with_other_pages_gives_the_same_keys(
    said: Spoken, sizes: tuple[int, int]
) -> None:
    there, _ = walk(sorted(said), sizes[0], totals=True)
    back, _ = walk(sorted(said, reverse=True), sizes[1], totals=False)

    assert Counter(there) == Counter(back)


@having(said=SPOKEN, size=strategies.integers(1, 9), start=strategies.integers(0, 3))
def test_a_later_window_that_starts_at_a_second_gives_its_messages_the_same_keys(
    said: Spoken, size: int, start: int
) -> None:
    whole, _ = walk(sorted(said), size, totals=True)
    later = [one for one in sorted(said) if one[0] >= start]

    assert set(walk(later, size, totals=True)[0]) <= set(whole)


def window(**facts: object) -> tuple[str, str, bool]:
    """Return since, until, and whether the walk closes a gap."""
    context = endpoints.chat(SITE.layout, given.errand(**facts)).context
    return str(context["since"]), str(context["until"]), "closes" in context


HOUR = timedelta(hours=1)


def test_the_first_window_is_thirty_days_long() -> None:
    assert window() == ("2026-10-22 08:00:00", "2026-11-21 08:00:00", True)


def test_a_later_window_starts_a_little_before_the_last_one_ended() -> None:
    known = (given.AT - HOUR).isoformat()

    assert window(cursor=known) == ("2026-11-21 06:50:00", "2026-11-21 08:00:00", True)


def test_a_full_window_reaches_back_to_the_first_chat_there_is() -> None:
    assert window(full=True)[0] == "2024-07-01 00:00:00"


def test_a_window_of_ones_own_is_cut_at_whole_seconds_of_utc() -> None:
    zone = datetime.fromisoformat("2026-11-20T10:00:00.750+02:00")

    assert window(since=zone)[0] == "2026-11-20 08:00:00"


def test_a_window_that_leaves_a_hole_closes_nothing() -> None:
    known = (given.AT - 5 * HOUR).isoformat()

    assert not window(cursor=known, since=given.AT - HOUR)[2]
    assert window(cursor=known, since=given.AT - 9 * HOUR)[2]


def test_a_window_in_the_past_does_not_take_the_known_end_back() -> None:
    past = given.AT - 9 * HOUR

    assert not window(cursor=given.AT.isoformat(), since=past, until=past + HOUR)[2]


@pytest.mark.parametrize(
    "facts",
    [
        {"since": given.AT, "until": given.AT},
        {"since": given.AT + HOUR},
        {"target": "../../api"},
        {"target": "a b"},
    ],
)
def test_an_errand_that_cannot_be_is_a_bad_request(facts: dict[str, object]) -> None:
    with pytest.raises(errors.BadConfig):
        window(**facts)


def test_a_page_of_another_version_is_loaded_again_and_then_given_up() -> None:
    request = endpoints.chat(SITE.layout, given.errand())
    for _ in range(chat.RELOADS):
        (request,) = chat.chat_page(given.answer(b"", request, status=409), SITE.layout).leads
        assert "X-Inertia" not in request.headers

    with pytest.raises(errors.TryLater) as refused:
        chat.chat_page(given.answer(b"", request, status=409), SITE.layout)

    assert refused.value.code == "site_updating"


def test_a_list_that_shifts_is_read_from_its_start_and_then_given_up() -> None:
    said: Spoken = [(0, "a", "x"), (1, "a", "y"), (2, "b", "x")]
    first = endpoints.chat(SITE.layout, given.errand())
    for total in range(10, 10 + chat.RESTARTS):
        (second,) = chat.chat_page(answered(first, said, 1, total), SITE.layout).leads
        (first,) = chat.chat_page(answered(second, said, 1, total + 1), SITE.layout).leads
        assert first.context["page"] == 1
        assert "equals" not in first.context

    (second,) = chat.chat_page(answered(first, said, 1, 3), SITE.layout).leads
    with pytest.raises(errors.TryLater) as refused:
        chat.chat_page(answered(second, said, 1, 4), SITE.layout)

    assert refused.value.code == "list_shifted"


def test_times_are_utc() -> None:
    request = endpoints.chat(SITE.layout, given.errand())
    batch = chat.chat_page(answered(request, [(3, "a", "x")], 5, 1), SITE.layout)
    act = batch.records[0]

    assert isinstance(act, records.Interaction)
    assert act.at == datetime(2026, 11, 20, 20, 15, 3, tzinfo=UTC)
