"""The feed of events, walked through the practice site, and what is made of each event."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest

from fixtures.practice import client, events, options, world
from models import records
from scraper import errors, payload
from scraper.fetch import answers
from scraper.sites.chaturbate import feed
from scraper.sites.chaturbate.pages import events as pages
from scraper.sites.chaturbate.site import SITE
from tests.scraper import given_answers
from tests.scraper.sites import given_walks as given

KNOWN: dict[str, Any] = {"seed": 5, "now": given.NOW.timestamp(), "messages": 300, "purchases": 40}
KINDS = {
    "broadcastStart": "broadcast_start",
    "broadcastStop": "broadcast_stop",
    "chatMessage": "chat",
    "privateMessage": "private_message",
    "tip": "tip",
    "fanclubJoin": "fanclub_join",
    "follow": "follow",
    "unfollow": "unfollow",
    "userEnter": "enter",
    "userLeave": "leave",
    "mediaPurchase": "purchase",
    "roomSubjectChange": "subject",
}


def walked(practice: client.Practice, **errand: object) -> list[records.Record]:
    with httpx.Client(trust_env=False) as web:
        return given.walk(SITE, "events", given.errand(**errand), practice.chaturbate, web)


def acts(stated: list[records.Record]) -> list[records.Interaction]:
    return [one for one in stated if isinstance(one, records.Interaction)]


def cursors(stated: list[records.Record]) -> list[str]:
    return [one.value for one in stated if isinstance(one, records.Cursor)]


def read(*events_: Any, next_url: str | None = None, **facts: Any) -> payload.Batch:
    body = json.dumps({"events": events_, "nextUrl": next_url})
    return SITE.parsers["events"](answer(body, **facts), SITE.layout)


def answer(body: str, cursor: str | None = None, status: int = 200) -> payload.Payload:
    asked = feed.events(SITE.layout, client.USERNAME, cursor, left=3)
    return given_answers.answer(body, asked, status=status)


def place(query: str, host: str = "eventsapi.chaturbate.com", name: str = "operator_one") -> str:
    return f"https://{host}/events/{name}/***/?{query}"


def event(method: str = "userEnter", key: Any = "1625274862454-0", **what: Any) -> dict[str, Any]:
    usual = {"broadcaster": "operator_one", "user": {"username": "alice"}}
    return {"method": method, "id": key, "object": usual | what}


# the walk


def test_a_walk_states_everything_that_the_feed_has_as_it_is_told(
    practice: client.Practice,
) -> None:
    practice.configure(**KNOWN)
    here = world.World(options.read(dict(KNOWN)))
    stated = walked(practice)
    found = acts(stated)

    assert [one.key for one in found] == [row["id"] for row in events.told(here)]
    for one, row in zip(found, events.told(here), strict=True):
        kind = KINDS[row["method"]] if row["room"] else "direct_message"
        named = None if row.get("anonymous") else row["username"] or None
        assert (one.kind, one.username, one.room) == (kind, named, client.USERNAME)
        assert (one.at, one.tokens) == (datetime.fromisoformat(row["at"]), row.get("tokens"))
        assert one.text == ((row.get("text") or "").removeprefix("| ") or None)
        assert one.private == (kind in {"private_message", "direct_message"})
    assert {one.kind for one in found} == {*KINDS.values(), "direct_message"}
    assert cursors(stated)[-1] == found[-1].key


def test_chat_and_tips_of_the_feed_are_those_of_the_world(practice: client.Practice) -> None:
    practice.configure(**KNOWN)
    found, truth = acts(walked(practice)), practice.truth()

    said = Counter((one.username, one.text) for one in found if one.kind == "chat")
    assert said == Counter((one["username"], one["text"]) for one in truth["messages"])
    tips = sorted((one.at, one.tokens) for one in found if one.kind == "tip")
    assert tips == sorted(
        (datetime.fromisoformat(one["at"]), one["tokens"]) for one in truth["tips"]
    )


def test_every_payload_states_the_cursor_behind_its_own_events(practice: client.Practice) -> None:
    practice.configure(**KNOWN, feed_page=70)
    stated = walked(practice)

    batches = [at for at, one in enumerate(stated) if isinstance(one, records.Cursor)]
    assert len(batches) > 5
    for at in batches:
        last = stated[at - 1]
        assert isinstance(last, records.Interaction)
        assert stated[at] == records.Cursor(value=last.key)


def test_the_next_walk_reads_only_what_happened_since(practice: client.Practice) -> None:
    practice.configure(**KNOWN)
    cursor = cursors(walked(practice))[-1]
    nothing = walked(practice, cursor=cursor)
    practice.churn(
        [
            {"do": "say", "who": "bob", "text": "hi"},
            {"do": "tip", "who": "carol", "tokens": 7},
            {"do": "join", "who": "dave"},
            {"do": "leave", "who": "dave"},
        ]
    )
    news = walked(practice, cursor=cursor)

    assert nothing == []
    assert [(one.kind, one.username) for one in acts(news)] == [
        ("chat", "bob"),
        ("tip", "carol"),
        ("follow", "dave"),
        ("unfollow", "dave"),
    ]


def test_a_walk_asks_no_more_often_than_the_layout_says(practice: client.Practice) -> None:
    practice.configure(**KNOWN, feed_page=10)
    sizes = {**SITE.layout.sizes, "events_requests": 4}
    where = msgspec.structs.replace(SITE, layout=msgspec.structs.replace(SITE.layout, sizes=sizes))
    with httpx.Client(trust_env=False) as web:
        stated = given.walk(where, "events", given.errand(), practice.chaturbate, web)

    assert len(acts(stated)) == 40
    assert len(practice.requests("/events/*")) == 4


def test_a_place_that_the_feed_has_lost_is_left_for_the_one_that_it_names(
    practice: client.Practice,
) -> None:
    practice.configure(**KNOWN, feed_backlog=50)
    here = world.World(options.read(dict(KNOWN)))
    ids = [row["id"] for row in events.told(here)]
    stated = walked(practice, cursor=ids[3])

    assert [one.key for one in acts(stated)] == ids[-50:]
    assert cursors(stated)[0] == ids[-51]


def test_ids_that_tell_no_time_are_as_good(practice: client.Practice) -> None:
    practice.configure(**KNOWN, feed_ids="opaque")
    stated = walked(practice)

    assert acts(stated)[0].key == "event_id_0"
    assert cursors(stated)[-1] == acts(stated)[-1].key
    assert walked(practice, cursor=cursors(stated)[-1]) == []


def test_what_is_asked_again_after_a_wrong_place_has_the_same_keys(
    practice: client.Practice,
) -> None:
    practice.configure(**KNOWN)
    first, again = acts(walked(practice)), acts(walked(practice, cursor="9-9"))

    assert again == first


# one event


def test_an_unknown_method_or_a_broken_object_is_kept_and_the_rest_is_read() -> None:
    batch = read(
        event("userDances", "1-1"),
        event("tip", "1-2", tip="much"),
        event("chatMessage", "1-3", message={"message": "hi"}),
        "no event",
    )
    found = acts(list(batch.records))

    assert [one.kind for one in found] == ["unknown", "unknown", "chat", "unknown"]
    assert json.loads(found[0].text or "") == event("userDances", "1-1")
    assert found[0].private
    assert found[3].key


@pytest.mark.parametrize(
    "what",
    [
        {"tip": {"tokens": 5, "isAnon": True, "message": ""}},
        {"tip": {"tokens": "5", "isAnon": True}},
        {"tip": {"tokens": 5}},
        {"gift": {"tokens": 5, "isAnon": True}},
        {"isAnon": True},
    ],
)
def test_who_tips_anonymously_is_named_nowhere(what: dict[str, Any]) -> None:
    (act,) = acts(list(read(event("tip" if "tip" in what else "superTip", **what)).records))

    assert act.username is None
    assert "alice" not in (act.text or "")


@pytest.mark.parametrize("tip", [{"tokens": 5, "isAnon": True}, {"tokens": 5}])
def test_who_tips_anonymously_is_not_in_the_archive(tip: dict[str, Any]) -> None:
    secret, open_ = event("tip", tip=tip), event("tip", tip={"isAnon": False}, user={"name": "bob"})
    body = json.dumps({"events": [secret, open_, event(), 7], "nextUrl": None}).encode()
    veil = feed.events(SITE.layout, client.USERNAME).veil
    kept = json.loads(answers.veiled(body, veil))

    assert [one["object"]["user"] for one in kept["events"][:3]] == [
        None,
        {"name": "bob"},
        {"username": "alice"},
    ]
    assert answers.veiled(body[:-9], veil) == b""
    assert answers.veiled(b"Unauthorized", veil) == b"Unauthorized"


def test_half_an_emoji_costs_no_event() -> None:
    body = json.dumps({"events": [event("chatMessage", message={"message": "hi \ud83d"}), event()]})
    asked = feed.events(SITE.layout, client.USERNAME)
    came = answers.answer(asked, url=asked.url, status=200, headers={}, body=body.encode())

    found = acts(list(SITE.parsers["events"](came, SITE.layout).records))
    assert [(one.kind, one.text) for one in found] == [("chat", "hi \ufffd"), ("enter", None)]


@pytest.mark.parametrize("said", [b"[]", b"{}", b'{"events": 7}'])
def test_an_answer_without_entries_has_nobody_to_hide(said: bytes) -> None:
    veil = feed.events(SITE.layout, client.USERNAME).veil

    assert json.loads(answers.veiled(said, veil)) == json.loads(said)


def test_an_open_tip_without_its_giver_is_kept_as_it_is() -> None:
    tip = {"tokens": 5, "isAnon": False, "message": ""}
    (act,) = acts(list(read(event("tip", tip=tip, user=None)).records))

    assert act.kind == "unknown"


@pytest.mark.parametrize("room", [{"broadcaster": ""}, {"broadcaster": None}])
def test_a_private_message_outside_of_rooms_is_a_direct_one(room: dict[str, Any]) -> None:
    (act,) = acts(list(read(event("privateMessage", message={"message": "hi"}, **room)).records))

    assert (act.kind, act.room, act.private) == ("direct_message", client.USERNAME, True)


@pytest.mark.parametrize("note", ["| thanks", " | thanks", "thanks"])
def test_a_tips_note_loses_its_bar(note: str) -> None:
    tip = {"tokens": 5, "isAnon": False, "message": note}
    (act,) = acts(list(read(event("tip", tip=tip)).records))

    assert act.text == "thanks"


def test_a_tip_that_the_account_gives_elsewhere_is_an_expense() -> None:
    what = {"broadcaster": "carol", "user": {"username": "Operator_One"}}
    tip = {"tokens": 5, "isAnon": False, "message": ""}
    (act,) = acts(list(read(event("tip", tip=tip, **what)).records))

    assert (act.room, act.tokens) == ("carol", -5)


@pytest.mark.parametrize("key", ["event_id_1", 17, "99999999999999-0", "1625274862454"])
def test_an_id_without_a_time_gives_the_time_of_the_fetch(key: Any) -> None:
    (act,) = acts(list(read(event(key=key)).records))

    assert (act.at, act.key) == (given_answers.AT, str(key))


# where to go on


@pytest.mark.parametrize(
    "address",
    [
        place("i=2-0", host="elsewhere.invalid"),
        place("i=2-0", name="somebody_else"),
        place("i=2-0", host="eventsapi.chaturbate.com:8443"),
        place("i=" + "x" * 300),
        place("i=%00"),
        "/events/operator_one/***/?i=2-0",
        "https://[",
    ],
)
def test_a_place_that_is_not_the_feeds_own_is_refused_and_not_told(address: str) -> None:
    with pytest.raises(errors.PageChanged) as refused:
        read(event(), next_url=address)

    assert refused.value.code == "page_changed"
    assert "operator_one" not in refused.value.message


@pytest.mark.parametrize("address", [None, place("timeout=0")])
def test_without_a_place_the_last_event_is_the_cursor(address: str | None) -> None:
    batch = read(event(key="1-0"), event(key="1-1"), next_url=address)

    assert batch.records[-1] == records.Cursor(value="1-1")
    assert batch.leads[0].context["cursor"] == "1-1"


def test_an_answer_that_leads_nowhere_ends_the_walk() -> None:
    assert read(event(), next_url=place("i=5-0"), cursor="5-0").leads == ()


def test_an_answer_without_events_ends_the_walk_and_may_move_the_cursor() -> None:
    batch = read(next_url=place("i=6-0"), cursor="5-0")

    assert (batch.records, batch.leads) == ((records.Cursor(value="6-0"),), ())


NAMELESS = json.dumps({"status": "waited too long", "nextUrl": place("timeout=0")})


@pytest.mark.parametrize(("body", "status"), [(NAMELESS, 400), ("Gone", 410)])
def test_where_a_place_is_lost_and_no_other_is_named_the_backlog_is_asked_for_and_a_gap_noted(
    body: str, status: int
) -> None:
    lost = answer(body, cursor="1625274862454-0", status=status)
    SITE.guard(lost, SITE.layout)
    batch = SITE.parsers["events"](lost, SITE.layout)

    (missed, cursor), (lead,) = batch.records, batch.leads
    assert isinstance(missed, records.Missed)
    assert missed.since == datetime(2021, 7, 3, 1, 14, 22, 454000, UTC)
    assert (missed.until, cursor) == (None, records.Cursor(value=""))
    assert "i=" not in lead.url
    with pytest.raises(errors.PageChanged):
        SITE.parsers["events"](answer(body, cursor="", status=status), SITE.layout)


def test_an_answer_without_a_body_is_a_silence_and_no_trouble() -> None:
    silent = answer("", cursor="5-0", status=204)
    SITE.guard(silent, SITE.layout)

    assert SITE.parsers["events"](silent, SITE.layout) == payload.Batch()


@pytest.mark.parametrize("address", ["", place("i=5-0")])
def test_a_feed_that_refuses_a_place_and_names_no_other_is_not_asked_again(address: str) -> None:
    body = json.dumps({"status": "waited too long", "nextUrl": address})

    with pytest.raises(errors.PageChanged):
        SITE.parsers["events"](answer(body, cursor="5-0", status=400), SITE.layout)


def test_a_waiting_reader_uses_the_same_request_and_decides_itself_when_to_ask() -> None:
    asked = feed.events(SITE.layout, client.USERNAME, "5-0", wait=30)
    body = json.dumps({"events": [event()], "nextUrl": place("i=6-0&timeout=30")})
    batch = SITE.parsers["events"](given_answers.answer(body, asked), SITE.layout)

    assert asked.url.endswith("/:token/?timeout=30&i=5-0")
    assert "timeout=90" in feed.events(SITE.layout, client.USERNAME, wait=600).url
    assert (batch.leads, batch.records[-1]) == ((), records.Cursor(value="6-0"))


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refused_token_is_the_operators_to_replace(status: int) -> None:
    with pytest.raises(errors.NeedsOperator) as refused:
        SITE.guard(answer("Unauthorized", status=status), SITE.layout)

    assert refused.value.code == "token_refused"


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 520, 521, 522, 523, 524])
def test_a_passing_trouble_is_waited_out(status: int) -> None:
    with pytest.raises(errors.TryLater):
        SITE.guard(answer("no", status=status), SITE.layout)


@pytest.mark.parametrize("base", ["http://127.0.0.1:9", "https://mirror.invalid"])
def test_the_feed_has_a_host_of_its_own_but_for_a_site_on_this_machine(base: str) -> None:
    layout = msgspec.structs.replace(SITE.layout, base_url=base)
    asked = feed.events(layout, client.USERNAME)

    own = base if "127" in base else "https://eventsapi.chaturbate.com"
    assert asked.url == f"{own}/events/operator_one/:token/?timeout=0"


def test_a_person_is_read_whatever_else_is_said_of_them() -> None:
    user: dict[str, Any] = {
        "username": "alice",
        "isOwner": None,
        "colorGroup": 3,
        "gender": "x",
        "brandNew": [],
    }
    methods = [kind for kind in pages.READERS if kind.startswith(("user", "foll", "fan", "broad"))]
    batch = read(*(event(method, user=user) for method in methods))

    assert [one.username for one in acts(list(batch.records))] == ["alice"] * len(methods)
