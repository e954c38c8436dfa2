"""Camsoda's socket, listened to at the practice site."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fixtures.practice import camsoda_chat, client, happenings
from models import records
from models.records import camsoda
from scraper import errors, payload, talk
from scraper.fetch import socket
from scraper.sites.camsoda import endpoints, node
from scraper.sites.camsoda.layout import LAYOUT
from tests.scraper import given_answers
from tests.scraper.sites import given_feeds
from tests.scraper.sites.given_feeds import Listener

NODE = "/node/*"


@pytest.fixture
def listener(practice: client.Practice) -> Listener:
    return Listener(practice, "camsoda", "live_tips")


def happened(practice: client.Practice) -> list[happenings.Happening]:
    told = [happenings.Happening(**{**one, "at": 0.0}) for one in practice.truth()["happened"]]
    return [one for one in told if one.platform == "camsoda"]


def truth(practice: client.Practice) -> list[dict[str, Any]]:
    return [fact for one in happened(practice) for fact in camsoda_chat.told(one)]


def sort(facts: Any) -> list[str]:
    return sorted(json.dumps(one, sort_keys=True) for one in facts)


def heard(listener: Listener) -> list[str]:
    return sort(given_feeds.plain(one) for one in listener.acts())


async def test_everything_that_happens_is_stated_as_it_is_told_at_the_node_that_is_named(
    practice: client.Practice, listener: Listener
) -> None:
    async with listener.listening() as line:
        await joined(listener, line)
        practice.play(11, 600)
        wanted = truth(practice)
        await listener.hear(line, lambda: len(listener.acts()) >= len(wanted))

    assert heard(listener) == sort(wanted)
    kinds = {one.kind for one in listener.acts()}
    assert kinds == {"tip", "notice", "broadcast_stop", "status", "unknown"}
    tips = [one for one in listener.acts() if one.kind == "tip"]
    paid = [one.tokens or 0 for one in happened(practice) if one.kind == "tip"]
    assert sum(one.tokens or 0 for one in tips) == sum(paid)
    assert any(one.username is None for one in tips)
    assert {one.url.rpartition("/")[2] for one in listener.archived} == {"2"}


async def joined(listener: Listener, line: socket.Line) -> None:
    """Wait until the second node has told how many watch, which it does whoever joins."""
    before = len(listener.archived)
    await listener.hear(line, lambda: len(listener.archived) > before)


async def test_who_tips_by_stealth_is_in_no_record_and_not_in_the_archive(
    practice: client.Practice, listener: Listener
) -> None:
    practice.configure(followers=4000)
    async with listener.listening() as line:
        await joined(listener, line)
        practice.play(12, 900, platforms=["camsoda"])
        wanted = truth(practice)
        await listener.hear(line, lambda: len(listener.acts()) >= len(wanted))

    everything = happened(practice)
    named = {one["username"] for one in wanted}
    hidden = {one.username for one in everything if one.anonymous} - named
    kept = b"".join(one.body for one in listener.archived).decode() + repr(listener.stated)
    assert len(hidden) > 3
    assert [name for name in hidden if name in kept] == []


async def test_a_tip_that_comes_twice_is_one_tip(
    practice: client.Practice, listener: Listener
) -> None:
    practice.fault("twice", path=NODE)
    async with listener.listening() as line:
        await joined(listener, line)
        practice.play(13, 300)
        wanted = [one for one in truth(practice) if one["kind"] == "tip"]
        await listener.hear(line, lambda: len(tips(listener)) >= len(wanted))

    assert sort(tips(listener)) == sort(wanted)


def tips(listener: Listener) -> list[dict[str, object]]:
    found = [given_feeds.plain(one) for one in listener.acts()]
    return [one for one in found if one["kind"] == "tip"]


async def test_after_a_dropped_connection_the_next_one_hears_what_comes_then(
    practice: client.Practice, listener: Listener
) -> None:
    practice.fault("hang_up", path=NODE, frames=3)
    async with listener.listening() as line:
        await joined(listener, line)
        practice.play(14, 60, platforms=["camsoda"])
        lost = await listener.hear_out(line)
    before, missed = len(listener.acts()), len(truth(practice))
    practice.configure(keep_sessions=True)
    listener.stated.clear()
    async with listener.listening() as line:
        await joined(listener, line)
        practice.play(15, 60, platforms=["camsoda"])
        wanted = truth(practice)
        await listener.hear(line, lambda: len(listener.acts()) >= len(wanted))

    assert (type(lost), lost.code) == (errors.TryLater, "connection_lost")
    assert 0 < before < missed
    assert heard(listener) == sort(wanted)


async def test_an_expired_ticket_ends_the_line_and_the_next_begins_with_a_new_one(
    practice: client.Practice, listener: Listener
) -> None:
    async with listener.listening() as line:
        await joined(listener, line)
        practice.expire_tickets()
        lost = await listener.hear_out(line)
    async with listener.listening() as line:
        assert line.live.is_set()

    assert (type(lost), lost.code) == (errors.TryLater, "connection_lost")


async def test_nothing_that_is_secret_goes_into_a_payload(
    practice: client.Practice, listener: Listener
) -> None:
    async with listener.listening() as line:
        await joined(listener, line)
        practice.play(16, 60, platforms=["camsoda"])
        await listener.hear(line, lambda: bool(listener.acts()))

    assert [token for token in practice.tokens() if token in repr(listener.archived)] == []


@pytest.mark.parametrize(
    ("kind", "path", "error", "code"),
    [
        ("throttle", "/api/v1/user/*", errors.TryLater, "throttled"),
        ("challenge", "/api/v1/user/*", errors.NeedsOperator, "challenge"),
        ("server_error", NODE, errors.TryLater, "server_error"),
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
        async with listener.listening() as line:
            raise await listener.hear_out(line)

    assert refused.value.code == code


# the talk


def begun(body: str) -> tuple[node.Talk, talk.Opening]:
    said = node.Talk(endpoints.live_tips(LAYOUT, "Operator_One"), LAYOUT)
    assert said.door is not None
    opening = said.begin(given_answers.answer(body, said.door), {})
    assert isinstance(opening, talk.Opening)
    return said, opening


GUEST = '{"status": false, "user": {"username": "guest_1", "node_token": "canary"}}'


def test_a_guest_shows_the_ticket_joins_the_room_and_follows_to_another_node() -> None:
    said, opening = begun(GUEST)
    assert opening.url == "wss://node2-ord.livemediahost.com:3000/"
    assert opening.say == ('["v3.authorize",{"token":"canary"}]',)
    assert "canary" not in repr(opening) + repr(said)
    assert said.hear('[2,{"username":"guest_1"}]') == talk.Heard(
        say=('[5,{"room":"operator_one"}]',), admitted=True
    )
    moved = said.hear('[6,{"url":"wss://node7.livemediahost.com","room":"operator_one"}]').move
    assert moved == talk.Opening(url="wss://node7.livemediahost.com", say=opening.say)
    assert not said.hear("[39,{},1,[51]]").live
    said.hear('[2,{"username":"guest_1"}]')
    assert said.hear("[39,{},1,[51]]") == talk.Heard(keep=True, live=True)


@pytest.mark.parametrize(
    ("facts", "kind", "text"),
    [
        ({}, "notice", "a new topic"),
        ({"is_tip": False, "value": 0}, "notice", "a new topic"),
        ({"is_tip": False, "subject_username": ""}, "notice", None),
        ({"is_tip": True, "value": 5}, "tip", None),
    ],
)
def test_a_notice_about_nobody_keeps_its_words(
    facts: dict[str, Any], kind: str, text: str | None
) -> None:
    said, _ = begun(GUEST)
    told = json.dumps([27, facts, 1, ["<b>a new topic</b>"]])
    frame = talk.Frame(at=given_answers.AT, text=said.hear(told).text or "")
    asked = endpoints.live_tips(LAYOUT, "operator_one")
    (act,) = given_feeds.acts(
        Listener.parse("camsoda", given_answers.answer(talk.body([frame]), asked))
    )

    assert (act.kind, act.username, act.text) == (kind, None, text)


def test_a_frame_with_half_an_emoji_names_nobody_who_tips_by_stealth() -> None:
    said, _ = begun(GUEST)
    facts = {"value": 5, "subject_username": "shy_one", "is_tip": True, "is_stealth": True}
    heard = said.hear(json.dumps([27, facts, 1, ["shy_one tipped \ud83d"]]))

    assert heard.keep
    assert "shy_one" not in str(heard.text)


def test_how_many_watch_is_kept_where_it_changes_and_the_last_word_is_a_snapshot() -> None:
    said, _ = begun(GUEST)
    texts = [f"[39,{{}},1,[{count}]]" for count in (51, 51, 52, '"50"', -1)]
    kept = [talk.Frame(at=given_answers.AT, text=text) for text in texts if said.hear(text).keep]
    asked = endpoints.live_tips(LAYOUT, "operator_one")
    batch = Listener.parse("camsoda", given_answers.answer(talk.body(kept), asked))

    assert len(kept) == 4
    odd, watch = batch.records
    assert isinstance(odd, records.Interaction)
    assert (odd.kind, odd.text) == ("unknown", "[39,{},1,[-1]]")
    assert watch == camsoda.CamsodaOnlineSnapshot(username="operator_one", viewers=50)


@pytest.mark.parametrize("where", ["wss://elsewhere.invalid/", "ws://node7.livemediahost.com/", ""])
def test_the_ticket_goes_to_no_other_host_and_never_in_clear(where: str) -> None:
    said, _ = begun(GUEST)
    with pytest.raises(errors.PageChanged):
        said.hear(json.dumps([6, {"url": where}]))


def test_a_talk_is_not_sent_on_for_ever() -> None:
    said, _ = begun(GUEST)
    sent_on = json.dumps([6, {"url": "wss://node7.livemediahost.com"}])
    for _ in range(node.MOVES):
        said.hear(sent_on)
    with pytest.raises(errors.TryLater):
        said.hear(sent_on)


@pytest.mark.parametrize("body", ["{}", '{"status": true, "user": {}}', "[]", "<html></html>"])
def test_an_answer_without_a_ticket_opens_no_socket(body: str) -> None:
    with pytest.raises(errors.PageChanged):
        begun(body)


JUNK: tuple[Any, ...] = (None, True, -1, 0, 10**25, 0.5, "", "-7", "x" * 300, "<b>", [], {}, [None])


@pytest.mark.parametrize("junk", JUNK, ids=repr)
def test_junk_in_the_place_of_a_value_is_kept_and_does_no_harm(junk: Any) -> None:
    fine = {"recent_tips": 1, "value": 5, "subject_username": "alice", "is_tip": True}
    said, _ = begun(GUEST)
    texts = [json.dumps([27, {**fine, name: junk}, 1, ["hi"]]) for name in [*fine, "is_stealth"]]
    texts += [json.dumps([27, junk, 1, ["hi"]]), json.dumps([27, fine, 1, junk]), json.dumps(junk)]
    texts += [json.dumps([27, fine, 1, [junk]]), json.dumps([junk, fine])]
    at = given_answers.AT
    kept = [talk.Frame(at=at, text=said.hear(text).text or text) for text in texts]
    asked = endpoints.live_tips(LAYOUT, "operator_one")
    answer = given_answers.answer(talk.body(kept), asked)
    batch = Listener.parse("camsoda", answer)

    assert isinstance(batch, payload.Batch)
    assert all(one.tokens is None or 0 < one.tokens < 2**63 for one in given_feeds.acts(batch))
