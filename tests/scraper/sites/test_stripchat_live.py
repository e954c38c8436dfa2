"""Stripchat's socket and chat history, listened to at the practice site."""

from __future__ import annotations

import json
import time
from datetime import datetime
from typing import Any

import httpx
import pytest

from fixtures.practice import client, happenings, stripchat_chat
from models import records
from scraper import errors
from scraper.fetch import answers
from scraper.sites.stripchat import endpoints
from scraper.sites.stripchat.layout import LAYOUT
from tests.scraper.sites import given_feeds, given_walks
from tests.scraper.sites.given_feeds import Listener

SOCKET = "/connection/*"
USERS = "/api/front/users/*"


@pytest.fixture
def listener(practice: client.Practice) -> Listener:
    return Listener(practice, "stripchat", "live_chat")


def happened(practice: client.Practice) -> list[happenings.Happening]:
    told = practice.truth()["happened"]
    for one in told:
        one["at"] = datetime.fromisoformat(one["at"]).timestamp()
    found = [happenings.Happening(**one) for one in told]
    return [one for one in found if one.platform == "stripchat"]


def truth(practice: client.Practice) -> list[dict[str, Any]]:
    return [fact for one in happened(practice) for fact in stripchat_chat.told(one)]


def sort(facts: Any) -> list[str]:
    return sorted(json.dumps(one, sort_keys=True) for one in facts)


def heard(listener: Listener) -> list[str]:
    return sort(given_feeds.plain(one) for one in listener.acts())


def history(practice: client.Practice) -> list[records.Record]:
    listener = Listener(practice, "stripchat", "live_chat")
    errand = given_walks.errand()
    with httpx.Client(trust_env=False) as web:
        return given_walks.walk(listener.where, "chat", errand, practice.stripchat, web)


def hidden_names(practice: client.Practice) -> set[str]:
    """Return who acted anonymously and never otherwise."""
    everything = happened(practice)
    named = {one.username for one in everything if not one.anonymous}
    return {one.username for one in everything if one.anonymous} - named


async def test_everything_that_happens_is_stated_as_it_is_told(
    practice: client.Practice, listener: Listener
) -> None:
    async with listener.listening() as line:
        practice.play(11, 600)
        wanted = truth(practice)
        await listener.hear(line, lambda: len(listener.acts()) >= len(wanted))

    assert heard(listener) == sort(wanted)
    kinds = {one.kind for one in listener.acts()}
    assert kinds >= {"chat", "tip", "purchase", "fanclub_join", "notice", "goal"}
    assert kinds >= {"broadcast_start", "broadcast_stop", "status"}
    tips = [one for one in listener.acts() if one.kind == "tip"]
    paid = [one.tokens or 0 for one in happened(practice) if one.kind == "tip"]
    assert sum(one.tokens or 0 for one in tips) == sum(paid)
    assert any(one.private for one in tips)
    assert any(one.username is None for one in tips)
    assert {one.source for one in listener.acts()} == {"stripchat.live_chat"}


async def test_who_acts_anonymously_is_in_no_record_and_not_in_the_archive(
    practice: client.Practice, listener: Listener
) -> None:
    practice.configure(followers=4000)
    async with listener.listening() as line:
        practice.play(12, 900, platforms=["stripchat"])
        wanted = truth(practice)
        await listener.hear(line, lambda: len(listener.acts()) >= len(wanted))

    hidden = hidden_names(practice)
    assert len(hidden) > 3
    archived = b"".join(one.body for one in listener.archived).decode().lower()
    assert [name for name in hidden if name in archived or name in repr(listener.stated)] == []


async def test_history_states_the_same_acts_under_the_same_keys(
    practice: client.Practice, listener: Listener
) -> None:
    async with listener.listening() as line:
        practice.play(13, 60, platforms=["stripchat"])
        wanted = truth(practice)
        await listener.hear(line, lambda: len(listener.acts()) >= len(wanted))
    found = [one for one in history(practice) if isinstance(one, records.Interaction)]

    live = {one.key: given_feeds.plain(one) | {"at": one.at} for one in listener.acts()}
    assert len(found) > 30
    assert [int(one.key) for one in found] == sorted(int(one.key) for one in found)
    assert all(live[one.key] == given_feeds.plain(one) | {"at": one.at} for one in found)
    assert {one.source for one in found} == {"stripchat.chat"}


async def test_frames_that_come_twice_are_stated_once(
    practice: client.Practice, listener: Listener
) -> None:
    practice.fault("twice", path=SOCKET)
    async with listener.listening() as line:
        practice.play(14, 300)
        wanted = truth(practice)
        await listener.hear(line, lambda: len(listener.acts()) >= len(wanted))

    assert heard(listener) == sort(wanted)


async def test_after_a_dropped_connection_history_fills_what_was_missed(
    practice: client.Practice, listener: Listener
) -> None:
    practice.fault("hang_up", path=SOCKET, frames=4)
    async with listener.listening() as line:
        practice.play(15, 150)
        lost = await listener.hear_out(line)
        before = len(listener.acts())
    async with listener.listening() as line:
        practice.play(16, 90)
        wanted = truth(practice)
        listener.stated += history(practice)
        last = max(one.number for one in happened(practice) if stripchat_chat.told(one))
        mark = str(stripchat_chat.FIRST_ID + last * 10)[:-1]
        await listener.hear(line, lambda: any(one.key[:-1] == mark for one in listener.acts()))

    assert (type(lost), lost.code, before > 5) == (errors.TryLater, "connection_lost", True)
    pushed = {"goal", "broadcast_start", "broadcast_stop", "status"}  # history has no pushes
    assert [one for one in heard(listener) if json.loads(one)["kind"] not in pushed] == sort(
        one for one in wanted if one["kind"] not in pushed
    )


async def test_an_expired_ticket_ends_the_line_and_the_next_begins_with_a_new_one(
    practice: client.Practice, listener: Listener
) -> None:
    async with listener.listening() as line:
        practice.play(17, 20, platforms=["stripchat"])
        wanted = truth(practice)
        await listener.hear(line, lambda: len(listener.acts()) >= len(wanted))
        assert practice.expire_tickets() == 1
        lost = await listener.hear_out(line)
    async with listener.listening() as line:
        practice.play(18, 20, platforms=["stripchat"])
        wanted = truth(practice)
        await listener.hear(line, lambda: len(listener.acts()) >= len(wanted))

    assert (type(lost), lost.code) == (errors.TryLater, "connection_lost")
    assert heard(listener) == sort(wanted)


async def test_rubbish_is_kept_as_unknown_and_the_rest_is_read(
    practice: client.Practice, listener: Listener
) -> None:
    practice.fault("rubbish", path=SOCKET, frames=7)
    async with listener.listening() as line:
        practice.play(19, 150)
        wanted = truth(practice)
        await listener.hear(line, lambda: len(listener.acts()) >= len(wanted) + 7)

    unknown = [one for one in listener.acts() if one.kind == "unknown"]
    assert len(unknown) == 7
    assert all(one.private and one.username is None for one in unknown)
    known = [given_feeds.plain(one) for one in listener.acts() if one not in unknown]
    assert sort(known) == sort(wanted)


async def test_a_socket_that_falls_silent_is_asked_and_lost(
    practice: client.Practice, listener: Listener
) -> None:
    practice.fault("hush", path=SOCKET, frames=1)
    began = time.monotonic()
    assert listener.feed.talk is not None
    async with listener.listening() as line:
        line._talk.silence = 0.1  # noqa: SLF001 - half a minute otherwise
        practice.play(20, 60, platforms=["stripchat"])
        lost = await listener.hear_out(line)

    assert (type(lost), lost.code) == (errors.TryLater, "timed_out")
    assert listener.acts()
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("kind", "path", "error", "code"),
    [
        ("throttle", SOCKET, errors.TryLater, "throttled"),
        ("server_error", SOCKET, errors.TryLater, "server_error"),
        ("challenge", SOCKET, errors.NeedsOperator, "challenge"),
        ("challenge", USERS, errors.NeedsOperator, "challenge"),
        ("throttle", "/api/front/v3/*", errors.TryLater, "throttled"),
        ("html_instead", USERS, errors.PageChanged, "not_json"),
    ],
)
async def test_a_door_that_stays_shut_is_named_for_its_remedy(
    practice: client.Practice,
    listener: Listener,
    kind: str,
    path: str,
    error: type[errors.GreenroomError],
    code: str,
) -> None:
    practice.fault(kind, path=path)
    with pytest.raises(error) as refused:
        async with listener.listening():
            pass

    assert refused.value.code == code


async def test_a_room_that_is_not_there_has_no_feed(practice: client.Practice) -> None:
    listener = Listener(practice, "stripchat", "live_chat")
    listener.request = endpoints.live_chat(listener.layout, "nobody_at_all")
    with pytest.raises(errors.Refused):
        async with listener.listening():
            pass


async def test_nothing_that_is_secret_goes_into_a_payload(
    practice: client.Practice, listener: Listener
) -> None:
    async with listener.listening() as line:
        practice.play(21, 60)
        wanted = truth(practice)
        await listener.hear(line, lambda: len(listener.acts()) >= len(wanted))

    kept = repr(listener.archived)
    assert [token for token in practice.tokens() if token in kept] == []
    assert {one.url.partition("://")[2].partition("/")[2] for one in listener.archived} == {
        "connection/websocket"
    }


def test_who_writes_is_known_by_their_id_and_who_is_nobody_is_not(
    practice: client.Practice,
) -> None:
    practice.play(22, 150, platforms=["stripchat"])
    known = [one for one in history(practice) if isinstance(one, records.StableId)]

    assert len(known) > 10
    assert {one.kind for one in known} == {"id"}
    assert all(int(one.value) > 0 and one.username == one.username.lower() for one in known)


def test_the_history_of_another_room_is_asked_by_its_name(
    practice: client.Practice, listener: Listener
) -> None:
    errand = given_walks.errand(target=practice.truth()["followed"]["online"][0])
    with httpx.Client(trust_env=False) as web:
        assert given_walks.walk(listener.where, "chat", errand, practice.stripchat, web) == []


def test_nothing_in_an_archived_history_leads_to_who_tips_anonymously() -> None:
    def told(anonymous: object) -> dict[str, Any]:
        details = {"amount": 5, "isAnonymous": anonymous, "tipData": {"tipperKey": "key-17"}}
        return {"type": "tip", "userData": {"id": 17}, "senderId": 17, "details": details}

    rows = [*map(told, (True, None, False))]
    body = json.dumps({"messages": rows}).encode()
    kept = answers.veiled(body, endpoints.chat(LAYOUT, "operator_one").veil)

    assert kept.count(b"17") == 3
    assert json.loads(kept)["messages"][2] == rows[2]
