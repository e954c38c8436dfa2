"""What is asked of Statbate, and how it is told apart what it answers instead."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from hypothesis import given as having
from hypothesis import strategies

from models import records
from scraper import errors, payload, site
from scraper.sites.statbate import endpoints, guard
from scraper.sites.statbate.pages import answers
from tests.scraper import given_answers as given
from tests.scraper import given_cases
from tests.scraper.sites.given_statbate import SITE

LAYOUT = SITE.layout
SHAPES = [
    case
    for case in given_cases.cases()
    if case.parts[-3:-1] == ("statbate", "model_tips")
    and given_cases.expected(case)[0] == "error.json"
    and msgspec.json.decode((case / "payload.json").read_bytes())["status"] != 200
]
"""Every shape of a refusal that the guard tells apart."""


def start(collector: str, **facts: object) -> tuple[payload.Request, ...]:
    return SITE.collectors[collector].start(given.errand(**facts), LAYOUT)


def query(request: payload.Request) -> dict[str, str]:
    asked = parse_qs(urlsplit(request.url).query, keep_blank_values=True)
    return {name: values[0] for name, values in asked.items()}


@pytest.mark.parametrize("kind", SITE.parsers)
@pytest.mark.parametrize("case", SHAPES, ids=lambda case: case.name)
def test_every_route_s_refusals_are_told_apart_whatever_their_shape(case: Any, kind: str) -> None:
    shown = given_cases.answer(case)
    asked = msgspec.structs.replace(shown.request, kind=kind)
    _, expected = given_cases.expected(case)

    with pytest.raises(errors.GreenroomError) as refused:
        SITE.guard(msgspec.structs.replace(shown, request=asked), LAYOUT)

    assert (type(refused.value).__name__, refused.value.code) == (
        expected["error"],
        expected["code"],
    )
    assert refused.value.retry_after == expected.get("retry_after")


@pytest.mark.parametrize("kind", SITE.parsers)
@pytest.mark.parametrize("words", [{"error": "No such thing"}, {"message": "No such thing"}])
def test_words_instead_of_data_are_quoted(kind: str, words: dict[str, str]) -> None:
    answer = given.answer(msgspec.json.encode(words), given.asked_for(SITE, kind))

    with pytest.raises(errors.PageChanged) as refused:
        SITE.parsers[kind](answer, LAYOUT)

    silent = {"token_check", "live", "webhook"}
    assert kind in silent or "No such thing" in refused.value.message


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"error": "a"}', "a"),
        (b'{"message": "b"}', "b"),
        (b'{"error": "", "message": "c"}', "c"),
        (b'{"error": "a", "message": "c"}', "a"),
        (b'{"error": {"code": 7}}', "{'code': 7}"),
        (b'{"error": "' + b"x" * 999 + b'"}', "x" * 200),
        (b'["error"]', ""),
        (b"<p>error</p>", ""),
        (b"\xff\xfe", ""),
        (b"[" * 100_000, ""),
        (b"", ""),
    ],
)
def test_the_words_of_an_error_are_found_in_either_place(body: bytes, words: str) -> None:
    assert guard.said(body) == words


def test_what_is_granted_is_as_published() -> None:
    granted = {
        name: {(bucket.per_minute, bucket.shared_by) for bucket in buckets}
        for name, buckets in SITE.budgets.items()
    }

    assert granted == {
        "": {(120, "account"), (600, "machine")},
        "search": {(120, "account"), (180, "machine")},
        "batch": {(120, "account"), (600, "machine")},
    }
    assert SITE.requests_per_minute < 120
    assert SITE.platform == "chaturbate"


def test_every_collector_reads_with_the_token_alone() -> None:
    assert {(one.way, one.tokens) for one in SITE.collectors.values()} == {("http", ("api",))}


@pytest.mark.parametrize("collector", SITE.collectors)
def test_a_collector_can_be_tried_without_people_or_a_target(collector: str) -> None:
    start(collector, target=None)


def test_the_brackets_of_a_range_are_escaped_and_its_times_are_utc() -> None:
    (request,) = start("tips", since=datetime(2026, 11, 1, 1, tzinfo=UTC))

    assert "range%5B0%5D=2026-11-01%2001%3A00%3A00&range%5B1%5D=" in request.url
    assert "[" not in request.url
    assert query(request)["timezone"] == "UTC"


DAYS = {
    "nothing": ({}, "2026-10-22 00:00:00", "2026-11-20 23:59:59"),
    "until midnight": (
        {"until": datetime(2026, 11, 8, tzinfo=UTC)},
        "2026-10-09 00:00:00",
        "2026-11-07 23:59:59",
    ),
    "within days": (
        {
            "since": datetime(2026, 11, 1, 13, tzinfo=UTC),
            "until": datetime(2026, 11, 2, 13, tzinfo=UTC),
        },
        "2026-11-01 00:00:00",
        "2026-11-02 23:59:59",
    ),
}


@pytest.mark.parametrize("asked", DAYS)
def test_sums_are_asked_for_whole_days(asked: str) -> None:
    facts, since, until = DAYS[asked]

    for request in start("room", **facts):
        assert (query(request)["range[0]"], query(request)["range[1]"]) == (since, until)


@pytest.mark.parametrize(
    ("facts", "since", "closes"),
    [
        ({}, "2026-10-22 08:00:00", True),
        ({"cursor": "2026-11-20T08:00:00+00:00"}, "2026-11-20 07:00:00", True),
        (
            {"cursor": "2026-11-20T08:00:00+00:00", "since": datetime(2026, 11, 20, 9, tzinfo=UTC)},
            "2026-11-20 09:00:00",
            False,
        ),
        (
            {"cursor": "2026-11-20T08:00:00+00:00", "since": datetime(2026, 11, 19, tzinfo=UTC)},
            "2026-11-19 00:00:00",
            True,
        ),
        ({"cursor": "2026-11-20T08:00:00+00:00", "full": True}, "2023-11-01 00:00:00", True),
        ({"full": True, "target": "camsoda/alice"}, "2024-01-01 00:00:00", True),
    ],
)
def test_a_history_s_window_closes_only_where_it_leaves_no_hole(
    facts: dict[str, object], since: str, closes: bool
) -> None:
    (request,) = start("tips", **facts)

    assert query(request)["range[0]"] == since
    assert query(request)["range[1]"] == "2026-11-21 08:00:00"
    assert ("closes" in request.context) == closes


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("Alice", "/api/model/chaturbate/alice/chat"),
        ("stripchat/Some-Room", "/api/model/stripchat/some-room/chat"),
        ("livejasmin/alice", "/api/model/livejasmin/alice/chat"),
    ],
)
def test_a_target_may_name_a_platform(target: str, path: str) -> None:
    (request,) = start("chat", target=target)

    assert urlsplit(request.url).path == path


@pytest.mark.parametrize("target", ["a room", "nowhere/alice", "../me", "a?b", "a" * 65, "é"])
def test_what_can_be_no_name_is_refused_before_anything_is_asked(target: str) -> None:
    with pytest.raises(errors.BadConfig):
        start("chat", target=target)


def test_names_are_asked_about_once_and_only_if_they_can_be_names() -> None:
    (request,) = start("members", people=("alice", "Alice", "no name", "bob"))

    assert request.method == "POST"
    assert msgspec.json.decode(request.json_body or "") == {
        "names": ["alice", "bob"],
        "timezone": "UTC",
    }


@pytest.mark.parametrize(("count", "sizes"), [(1, [1]), (100, [100]), (101, [100, 1])])
def test_a_batch_holds_up_to_a_hundred_names(count: int, sizes: list[int]) -> None:
    requests = start("members", people=tuple(f"name_{n}" for n in range(count)))

    assert [len(endpoints.names_asked(request)) for request in requests] == sizes


@pytest.mark.parametrize(
    ("target", "asked"),
    [
        ("two words", {"text": "two words"}),
        ("room=alice", {"room": "alice"}),
        ("room=alice sender=bob text=two words", {"room": "alice", "sender": "bob"}),
        ("sender=bob", {"sender": "bob"}),
        ("a=b & c", {"text": "a=b & c"}),
        ("stripchat/text=hi", {"site": "stripchat", "text": "hi"}),
    ],
)
def test_a_search_is_for_words_a_room_or_a_sender(target: str, asked: dict[str, str]) -> None:
    (request,) = start("search", target=target)

    assert query(request).items() >= ({"site": "chaturbate", "page": "1"} | asked).items()
    assert ("text" in query(request)) == ("text=" in target or "=" not in target or "&" in target)


def test_nothing_is_not_searched_for() -> None:
    with pytest.raises(errors.BadConfig):
        start("search", target="text=")


def test_rankings_are_of_the_home_platform_unless_another_is_named() -> None:
    assert {query(one)["site"] for one in start("rankings", target=None)} == {"chaturbate"}
    assert {query(one)["site"] for one in start("online", target="mfc")} == {"mfc"}


SPOKEN = strategies.lists(
    strategies.tuples(
        strategies.integers(0, 3), strategies.sampled_from("ab"), strategies.sampled_from("xy")
    ),
    max_size=40,
)
"""Messages as (second, sender, text): few of each, so that many are equal."""

Spoken = list[tuple[int, str, str]]
KINDS = ("model_chat", "member_chat", "message_search")


def row(kind: str, said: tuple[int, str, str]) -> dict[str, str]:
    time = f"2026-11-20 20:15:0{said[0]}"
    extra = {"member_chat": {"room": "alice"}, "message_search": {"room": "alice"}}.get(kind, {})
    return {"time": time, "sender": said[1], "message": said[2], **extra}


def meta(kind: str, number: int, size: int, said: Spoken) -> dict[str, Any]:
    """Return what the site tells of a page: nothing, a total, or a cursor."""
    if kind == "model_chat":
        return {}
    told = {"total": len(said), "per_page": size}
    if kind == "member_chat":
        return {"pagination": {**told, "current_page": number}}
    more = number * size < len(said)
    return {"pagination": told, "next_cursor": str(number + 1) if more else None}


def walked(
    kind: str, said: Spoken, size: int, *, zero_is_one: bool = False
) -> list[records.Record]:
    sizes = {**LAYOUT.sizes, "page": size, "chat_page": size}
    layout = msgspec.structs.replace(LAYOUT, sizes=sizes)
    first: dict[str, str | int] = {
        "site": "chaturbate",
        "room": "alice",
        "member": "a",
        "since": "2026-11-20 00:00:00",
        "until": "2026-11-21 00:00:00",
        "filters": '{"room": "alice"}',
        "closes": "2026-11-21T00:00:00+00:00",
        "page": 0 if kind == "model_chat" else 1,
    }
    search = kind == "message_search"
    lead = endpoints.search(layout, first) if search else endpoints.ask(layout, kind, first)
    stated: list[records.Record] = []
    leads = [lead]
    while leads:
        asked = query(leads[0])
        number = int(asked.get("cursor") or asked["page"]) + (kind == "model_chat")
        number = max(1, number - 1) if zero_is_one and kind == "model_chat" else number
        rows = [row(kind, one) for one in said[(number - 1) * size : number * size]]
        body = msgspec.json.encode({"data": rows, "meta": meta(kind, number, size, said)})
        batch = SITE.parsers[kind](given.answer(body, leads[0]), layout)
        stated += batch.records
        leads = [*batch.leads]
    return stated


@pytest.mark.parametrize("kind", KINDS)
@having(said=SPOKEN, size=strategies.integers(1, 9), newest_first=strategies.booleans())
def test_every_message_has_one_key_however_the_pages_are_cut(
    kind: str, said: Spoken, size: int, newest_first: bool
) -> None:
    ordered = sorted(said, key=lambda one: one[0], reverse=newest_first)
    if kind == "member_chat":
        ordered = [(second, "a", text) for second, _, text in ordered]
    stated = [one for one in walked(kind, ordered, size) if isinstance(one, records.Interaction)]
    whole = [one for one in walked(kind, ordered, 99) if isinstance(one, records.Interaction)]

    assert {one.key for one in stated} == {one.key for one in whole}
    assert len({one.key for one in stated}) == len(stated) == len(said)
    assert Counter((one.at.second, one.username, one.text) for one in stated) == Counter(ordered)


def test_a_site_that_takes_page_zero_for_page_one_is_read_once_all_the_same() -> None:
    said = [(9 - n // 3, "ab"[n % 2], "xy"[n % 2]) for n in range(29)]
    straight = walked("model_chat", said, 5)

    assert walked("model_chat", said, 5, zero_is_one=True) == straight
    assert len(straight) == 30


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-20 20:15:03", datetime(2026, 11, 20, 20, 15, 3, tzinfo=UTC)),
        ("2026-11-20T20:15:03Z", datetime(2026, 11, 20, 20, 15, 3, tzinfo=UTC)),
        ("2026-11-20T22:15:03+02:00", datetime(2026, 11, 20, 20, 15, 3, tzinfo=UTC)),
        ("2026-11-20T20:15:03.25Z", datetime(2026, 11, 20, 20, 15, 3, 250_000, tzinfo=UTC)),
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
    ],
)
def test_times_without_a_zone_are_utc(text: str, moment: datetime) -> None:
    assert answers.moment(text, "") == moment


@pytest.mark.parametrize("text", ["", "now", "2026-13-01", "0001-01-01T00:00:00+14:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(errors.PageChanged):
        answers.moment(text, "")


@pytest.mark.parametrize("number", [b"1e400", b'"inf"', b'"nan"', b"1e999999", b'"12,5"', b'"x"'])
def test_what_is_no_amount_is_refused(number: bytes) -> None:
    body = b'{"data": [{"tag": "art", "usd": ' + number + b"}]}"
    asked = start("rankings")[2]

    with pytest.raises(errors.PageChanged):
        SITE.parsers["tags"](given.answer(body, asked), LAYOUT)


def test_an_errand_of_one_moment_is_refused() -> None:
    moment = given.AT - timedelta(days=1)
    with pytest.raises(errors.BadConfig):
        start("chat", since=moment, until=moment)


def test_a_layout_s_sizes_bound_what_is_asked() -> None:
    sizes = {**LAYOUT.sizes, "batch": 2, "page": 10, "first_days": 1}
    layout = msgspec.structs.replace(LAYOUT, sizes=sizes)
    errand: site.Errand = given.errand(people=("a", "b", "c"))

    assert len(SITE.collectors["members"].start(errand, layout)) == 2
    (tips,) = SITE.collectors["tips"].start(errand, layout)
    assert query(tips)["per_page"] == "10"
    assert query(tips)["range[0]"] == "2026-11-20 08:00:00"
