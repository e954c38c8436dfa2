"""What the operator's own extension at Stripchat sends us, event by event."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from models import records
from models.records import stripchat
from scraper import errors, payload
from scraper.fetch import answers
from scraper.sites import register
from tests.scraper import given_answers

SITE = register.SITES["stripchat"]
FEED = SITE.feeds["bridge"]
ALICE = {"isGuest": False, "id": 77, "username": "Alice", "status": "online", "fanClub": None}
GUEST = {"isGuest": True, "guestHash": "f00"}
AT = "2026-11-21T07:59:58.123Z"

UNREADABLE: tuple[Any, ...] = (0, -5, "x", None, True, [])


def spent(at: Any = AT, **facts: Any) -> dict[str, Any]:
    tip = {
        "amount": 33,
        "isAnonymous": False,
        "isFromTheCurrentUser": False,
        "isOriginalSource": False,
        "source": "sendTipButton",
        "type": "public",
        "user": ALICE,
    }
    return {"event": "v1.tokens.spent", "at": at, "data": {"tipData": tip | facts}}


def chat(kind: str = "public", sender: Any = ALICE, text: str = "hello") -> dict[str, Any]:
    said = {"messageText": text, "type": kind, "sender": sender}
    return {"event": "v1.chat.message.received", "at": AT, "data": said}


def paid(amount: Any = "25", key: Any = "tx-1") -> dict[str, Any]:
    data = {"amount": amount, "paymentToken": "secret-17", "transactionId": key, "userId": "77"}
    name = "v1.payment.tokens.spend.succeeded"
    return {"event": name, "at": AT, "data": {"paymentData": data}}


def request() -> payload.Request:
    return FEED.start(given_answers.errand(target=None), SITE.layout)


def parsed(*events: Any, at: datetime = given_answers.AT, **body: Any) -> payload.Batch:
    told = json.dumps({"events": events} | body)
    answer = given_answers.answer(told, request())
    answer = msgspec.structs.replace(answer, fetched_at=at)
    SITE.guard(answer, SITE.layout)
    return SITE.parsers["bridge"](answer, SITE.layout)


def read(*events: Any, at: datetime = given_answers.AT, **body: Any) -> list[records.Interaction]:
    stated = parsed(*events, at=at, **body).records
    return [one for one in stated if isinstance(one, records.Interaction)]


@pytest.mark.parametrize("amount", [33, "33", 33.0], ids=repr)
def test_a_tip_is_read_whichever_type_its_amount_has(amount: Any) -> None:
    (tip,) = read(spent(amount=amount, id=7, message="spin the wheel"))

    assert (tip.kind, tip.username, tip.tokens, tip.text) == ("tip", "alice", 33, "spin the wheel")
    assert (tip.key, tip.source, tip.room) == ("tip-7", "stripchat.bridge", "operator_one")
    assert tip.at == datetime.fromisoformat(AT)


def test_what_was_given_in_private_is_private() -> None:
    public, private = read(spent(id=1), spent(id=2, type="private"))

    assert (public.private, private.private) == (False, True)
    assert (public.kind, private.kind) == ("tip", "tip")


def test_the_echo_of_an_own_spend_is_skipped_and_the_payment_counted() -> None:
    (payment,) = read(spent(id=1, isOriginalSource=True, amount=25), paid())

    assert (payment.kind, payment.tokens, payment.key) == ("purchase", 25, "paid-tx-1")


@pytest.mark.parametrize("user", [None, GUEST, {"isGuest": False, "username": ""}])
def test_nobody_is_named_who_has_no_name(user: Any) -> None:
    assert [one.username for one in read(spent(user=user), chat(sender=user))] == [None, None]


def test_whoever_is_anonymous_is_neither_named_nor_archived() -> None:
    hidden = spent(isAnonymous=True, id=1)
    (tip,) = read(hidden)
    single = answers.veiled(json.dumps(hidden).encode(), request().veil)
    several = answers.veiled(json.dumps({"events": [hidden, spent(id=2)]}).encode(), request().veil)

    assert tip.username is None
    assert b"Alice" not in single
    assert several.count(b"Alice") == 1
    assert "Alice" not in (read(spent(isAnonymous=True, amount=0))[0].text or "")


def test_chat_is_told_apart_from_what_is_said_in_private() -> None:
    said, whispered = read(chat(), chat("private"))

    assert (said.kind, said.private, said.text) == ("chat", False, "hello")
    assert (whispered.kind, whispered.private) == ("private_message", True)


def test_viewers_are_a_snapshot_of_the_room_and_nothing_where_they_are_not_counted() -> None:
    viewers = {"event": "v1.ext.viewers.updated", "at": AT}
    counted = [viewers | {"data": {"guests": 7, "withTokens": 2, "total": n}} for n in (9, 12)]
    batch = parsed(*counted, viewers | {"data": None})

    assert batch.records == (stripchat.StripchatLiveSnapshot(username="operator_one", viewers=12),)
    (kept,) = read(viewers | {"data": {"total": -1}})
    assert kept.kind == "unknown"


def context(status: Any) -> dict[str, Any]:
    model = {"id": 1, "username": "operator_one", "status": status, "isPrivateEnabled": True}
    data = {"context": {"model": model, "user": GUEST, "slug": "ext"}}
    return {"event": "v1.ext.context.updated", "at": AT, "data": data}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *(("public", "broadcast_start"), ("off", "broadcast_stop"), (None, "unknown")),
        *((show, "status") for show in ("private", "exclusivePrivate", "groupShow", "idle")),
    ],
)
def test_what_the_room_shows_begins_and_ends_its_broadcast(status: Any, kind: str) -> None:
    (told,) = read(context(status))

    assert (told.kind, told.private) == (kind, kind == "unknown")
    assert kind == "unknown" or told.text == status


def test_a_tip_with_an_id_is_one_tip_however_often_it_is_sent() -> None:
    later = given_answers.AT + timedelta(hours=1)

    assert read(spent(id=5))[0].key == read(spent(id=5), at=later)[0].key


def test_without_an_id_the_same_event_sent_again_is_the_same_act() -> None:
    later = given_answers.AT + timedelta(hours=1)

    assert read(spent(), chat()) == read(spent(), chat(), at=later)
    assert read(chat())[0].key != read(chat() | {"at": 1795247998124})[0].key


def test_equal_events_in_one_body_stay_as_many_as_they_are() -> None:
    assert len({one.key for one in read(spent(), spent(), chat(), chat())}) == 4


@pytest.mark.parametrize("at", [AT, 1795247998123, "1795247998123"], ids=repr)
def test_times_are_read_as_texts_and_as_milliseconds(at: Any) -> None:
    assert read(spent(at))[0].at == datetime.fromisoformat(AT)


def test_an_event_without_a_time_happened_when_it_came() -> None:
    assert read(spent(None))[0].at == given_answers.AT


def test_a_room_is_the_events_own_else_the_bodys_else_the_accounts() -> None:
    named = read(spent(id=1) | {"room": "First_Room"}, spent(id=2), room="Second_Room")

    assert [one.room for one in named] == ["first_room", "second_room"]


@pytest.mark.parametrize(
    "event",
    [
        *(spent(amount=amount) for amount in UNREADABLE),
        *({"event": "v2.whatever", "data": {}}, {"event": "v1.tokens.spent"}, {}, None, 7, "tip"),
        *(paid("0"), paid("x"), chat("shouted"), chat(sender=17)),
    ],
    ids=repr,
)
def test_what_cannot_be_read_is_kept_and_the_rest_is_read(event: Any) -> None:
    kept, tip = read(event, spent(id=1))

    assert (kept.kind, kept.private, kept.tokens) == ("unknown", True, None)
    assert tip.kind == "tip"


@pytest.mark.parametrize("body", [{"events": None}, {"events": {}}, {"data": {}}, {"event": 7}])
def test_what_is_no_such_body_is_refused(body: dict[str, Any]) -> None:
    answer = given_answers.answer(json.dumps(body), request())
    with pytest.raises(errors.PageChanged):
        SITE.parsers["bridge"](answer, SITE.layout)


def test_the_token_of_a_payment_is_not_archived() -> None:
    answer = answers.answer(
        request(),
        url="https://stripchat.com/",
        status=200,
        headers={},
        body=json.dumps(paid()).encode(),
    )

    assert b"secret-17" not in answer.body
    assert b"tx-1" in answer.body


def test_a_message_that_quotes_a_bot_check_stops_no_feed() -> None:
    assert len(read(chat(text="<title>Just a moment...</title>"))) == 1
