"""Statbate's practice socket and webhooks: what is asked for, told, repeated and refused."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from websockets import exceptions
from websockets.sync import client as sockets

from fixtures.practice import client, premium_live
from tests.practice import given_hooks

QUICK: dict[str, Any] = {"count_seconds": 0.05, "patience_seconds": 0.2, "ping_seconds": 0.0}


@contextlib.contextmanager
def line(
    practice: client.Practice, key: str = client.API_TOKEN
) -> Iterator[sockets.ClientConnection]:
    url = f"ws{practice.statbate.removeprefix('http')}/ws/?api_key={key}"
    with sockets.connect(url, proxy=None) as opened:
        yield opened


def subscribed(opened: sockets.ClientConnection, channel: str = "chaturbate") -> None:
    opened.send(json.dumps({"chanel": channel}))
    opened.send("ping")
    assert opened.recv(5) == "pong"


def tips(opened: sockets.ClientConnection, many: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while len(found) < many:
        said = json.loads(opened.recv(5))
        found += [said] if "room" in said else []
    return found


def known(practice: client.Practice, platform: str) -> list[dict[str, Any]]:
    happened = practice.truth()["happened"]
    return [one for one in happened if one["kind"] == "tip" and one["platform"] == platform]


@pytest.mark.parametrize("platform", ["chaturbate", "stripchat"])
def test_larger_tips_are_told_with_strangers_between(
    practice: client.Practice, platform: str
) -> None:
    with line(practice) as opened:
        subscribed(opened, platform)
        practice.play(4, 300)
        large = [one for one in known(practice, platform) if one["tokens"] >= 50]
        heard = tips(opened, 2 * len(large))

    own = [one for one in heard if one["room"] == client.USERNAME]
    assert [one["amount"] for one in own] == [one["tokens"] for one in large]
    assert [one["donator"] for one in own] == [
        "anon_tips" if one["anonymous"] else one["username"] for one in large
    ]
    assert {one["room"] for one in heard} == {client.USERNAME, premium_live.STRANGER}
    assert {one["chanel"] for one in heard} == {platform}


def test_numbers_come_now_and_then(practice: client.Practice) -> None:
    practice.configure(**QUICK)
    with line(practice) as opened:
        subscribed(opened)
        said = [json.loads(opened.recv(5)) for _ in range(4)]

    assert said[0] == {"chanel": "chaturbate", "count": premium_live.ONLINE}
    assert said[1] == {"chanel": "chaturbate", "index": premium_live.INDEX}
    assert said[2:] == said[:2]


@pytest.mark.parametrize(
    "first", ["nonsense", '{"chanel": "nowhere"}', '{"channel": "camsoda"}', "[]"]
)
def test_an_unknown_channel_is_hung_up_on(practice: client.Practice, first: str) -> None:
    with line(practice) as opened:
        opened.send(first)
        with pytest.raises(exceptions.ConnectionClosed) as gone:
            opened.recv(5)

    assert gone.value.rcvd is not None
    assert gone.value.rcvd.code == premium_live.REFUSED


def test_whoever_names_no_channel_in_time_is_hung_up_on(practice: client.Practice) -> None:
    practice.configure(**QUICK)
    with line(practice) as opened, pytest.raises(exceptions.ConnectionClosed):
        opened.recv(5)


def test_of_many_pings_one_is_answered(practice: client.Practice) -> None:
    with line(practice) as opened:
        subscribed(opened)
        opened.send("ping")
        with pytest.raises(TimeoutError):
            opened.recv(0.1)


def test_a_wrong_key_is_refused_before_the_socket_opens(practice: client.Practice) -> None:
    with pytest.raises(exceptions.InvalidStatus) as refused, line(practice, "wrong"):
        pass

    assert refused.value.response.status_code == 403


def test_a_fault_refuses_the_socket(practice: client.Practice) -> None:
    practice.fault("server_error", path="/ws/")
    with pytest.raises(exceptions.InvalidStatus), line(practice):
        pass
    with line(practice) as opened:
        subscribed(opened)


def test_a_new_world_ends_the_talk(practice: client.Practice) -> None:
    with line(practice) as opened:
        subscribed(opened)
        practice.configure()
        with pytest.raises(exceptions.ConnectionClosed) as gone:
            opened.recv(5)

    assert gone.value.rcvd is not None
    assert gone.value.rcvd.code == premium_live.GOING


# webhooks


def posted(practice: client.Practice, many: int) -> list[dict[str, Any]]:
    """Return what was sent once it is so much."""
    until = time.monotonic() + 10
    while len(sent := practice.posts()) < many:
        assert time.monotonic() < until
        time.sleep(0.01)
    return sent


def test_every_tip_is_posted_and_somebodys_first_one_twice(practice: client.Practice) -> None:
    with given_hooks.Receiver() as receiver:
        practice.webhooks(receiver.url)
        practice.play(6, 80)
        rows = [one for one in practice.truth()["happened"] if one["kind"] == "tip"]
        named = {(one["platform"], one["username"]) for one in rows if not one["anonymous"]}
        bodies = receiver.wait(len(rows) + len(named))

    assert all(body.keys() == given_hooks.FLAT for body in bodies)
    assert sum(body["is_first_tip"] for body in bodies) == 2 * len(named)
    assert {body["site"] for body in bodies} == {"Chaturbate", "Stripchat", "CamSoda"}
    assert {"model.tip", "member.first_tip"} == {one["event"] for one in practice.posts()}


@pytest.mark.parametrize(("form", "event"), [("typed", "event"), ("unix", "type")])
def test_the_other_form_has_an_event_a_time_and_data(
    practice: client.Practice, form: str, event: str
) -> None:
    with given_hooks.Receiver() as receiver:
        practice.webhooks(receiver.url, form)
        practice.play(6, 20, platforms=["stripchat"])
        tip = next(one for one in practice.truth()["happened"] if one["kind"] == "tip")
        body = receiver.wait(1)[0]

    assert body.keys() == {event, "timestamp", "data"}
    assert body[event] == "model.tip"
    assert body["data"].get("amount", body["data"].get("tokens")) in (
        tip["tokens"],
        str(tip["tokens"]),
    )


def test_what_is_not_acknowledged_is_sent_again(practice: client.Practice) -> None:
    with given_hooks.Receiver(refuse=3) as receiver:
        practice.webhooks(receiver.url)
        practice.play(6, 30)
        sent = posted(practice, 4)

    assert [one["status"] for one in sent[:4]] == [503, 503, 503, 204]
    assert receiver.bodies[:4] == [sent[0]["body"]] * 4


def test_duplicates_are_sent_after_what_was_acknowledged(practice: client.Practice) -> None:
    with given_hooks.Receiver() as receiver:
        practice.webhooks(receiver.url, duplicates=2)
        practice.play(6, 30)
        bodies = receiver.wait(3)

    assert bodies[0] == bodies[1] == bodies[2]


@pytest.mark.parametrize(
    ("url", "form"), [("http://127.0.0.1:1/x", "verse"), ("http://192.0.2.1/x", "flat")]
)
def test_a_form_or_an_address_that_cannot_be_is_refused(
    practice: client.Practice, url: str, form: str
) -> None:
    with pytest.raises(ValueError, match=r"no such form|not on this machine"):
        practice.webhooks(url, form)


def test_nobody_who_cannot_be_reached_is_waited_for_long(practice: client.Practice) -> None:
    with given_hooks.Receiver() as receiver:
        nowhere = receiver.url
    practice.webhooks(nowhere)
    practice.play(6, 10)

    assert posted(practice, 1)[0]["status"] == 0
