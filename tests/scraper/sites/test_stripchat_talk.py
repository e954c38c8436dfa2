"""What is said on Stripchat's socket, without one: the talk is pure."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scraper import errors, payload, talk
from scraper.sites.stripchat import centrifugo, endpoints
from scraper.sites.stripchat.layout import LAYOUT
from tests.scraper import given_answers

SOCKET = "wss://websocket-centrifugo-v5.stripchat.com/connection/websocket"


def begun(url: str = SOCKET, own: Any = 5) -> tuple[centrifugo.Talk, talk.Opening]:
    said = centrifugo.Talk(endpoints.live_chat(LAYOUT, "Operator_One"), LAYOUT)
    assert said.door is not None
    config = said.begin(given_answers.answer(json.dumps({"id": own}), said.door), {})
    assert isinstance(config, payload.Request)
    told = {"initialDynamic": {"websocket": {"url": url, "token": "canary"}}}
    opening = said.begin(given_answers.answer(json.dumps(told), config), {})
    assert isinstance(opening, talk.Opening)
    return said, opening


def push(channel: str, data: Any) -> str:
    return json.dumps({"push": {"channel": f"{channel}@5", "pub": {"data": data}}})


def test_the_id_is_asked_then_a_ticket_and_the_ticket_is_said_first() -> None:
    said, opening = begun()
    assert opening.url == SOCKET
    assert [json.loads(one) for one in opening.say] == [
        {"connect": {"token": "canary", "name": "js"}, "id": 1}
    ]
    assert "canary" not in repr(opening) + repr(said)


def test_where_the_site_tells_it_no_more_the_socket_is_asked_for_where_it_once_did() -> None:
    said = centrifugo.Talk(endpoints.live_chat(LAYOUT, "Operator_One"), LAYOUT)
    assert said.door is not None
    config = said.begin(given_answers.answer('{"id": 5}', said.door), {})
    assert isinstance(config, payload.Request)
    before = said.begin(given_answers.answer("{}", config, status=404), {})
    assert isinstance(before, payload.Request)
    told = {"initial": {"client": {"websocket": {"url": SOCKET, "token": "canary"}}}}
    opening = said.begin(given_answers.answer(json.dumps(told), before), {})

    assert before.url == "https://stripchat.com/api/front/v3/config/initial"
    assert isinstance(opening, talk.Opening)
    assert (opening.url, "canary" in opening.say[0]) == (SOCKET, True)
    with pytest.raises(errors.Refused):
        said.begin(given_answers.answer("{}", before, status=404), {})


@pytest.mark.parametrize("url", ["wss://elsewhere.invalid/x", SOCKET.replace("wss", "ws"), "", "["])
def test_the_ticket_goes_to_no_other_host_and_never_in_clear(url: str) -> None:
    with pytest.raises(errors.PageChanged):
        begun(url)


@pytest.mark.parametrize("own", [0, -7, "x", None, ""])
def test_a_room_without_an_id_has_no_feed(own: Any) -> None:
    with pytest.raises(errors.PageChanged):
        begun(own=own)


def test_once_connected_it_subscribes_and_is_live_when_the_chat_is_confirmed() -> None:
    said, _ = begun()
    heard = said.hear('{"id":1,"connect":{"client":"c","version":"5","ping":25,"pong":true}}')
    asked = [json.loads(one) for one in heard.say]
    assert [one["subscribe"]["channel"] for one in asked][:2] == [
        "newChatMessage@5",
        "modelStatusChanged@5",
    ]
    assert (heard.keep, heard.live, said.silence) == (False, False, 30.0)
    assert said.hear('{"id":3,"subscribe":{}}').live is False
    assert said.hear('{"id":2,"subscribe":{}}\n{}') == talk.Heard(say=("{}",), live=True)


def test_of_a_frame_only_what_is_pushed_is_kept_and_a_ping_in_it_is_answered() -> None:
    said, _ = begun()
    first, second = push("topicChanged", {"topic": "tea"}), push("goalChanged", {"goal": {}})
    heard = said.hear(f"{first}\n{{}}\n{second}")
    assert heard.say == ("{}",)
    kept = [json.loads(line) for line in (heard.text or "").split("\n")]
    assert kept == [json.loads(first), json.loads(second)]


@pytest.mark.parametrize(
    "message",
    [
        {"userData": {"id": 7, "username": "shy_one"}, "details": {"isAnonymous": True}},
        {"userData": {"id": 7, "username": "shy_one"}, "details": {"isAnonymous": None}},
        {"userData": {"id": 0, "username": "shy_one"}, "details": {"isAnonymous": False}},
        {"userData": {"id": 0, "username": "shy_one"}, "details": {"body": "half \ud83d"}},
    ],
)
def test_who_is_anonymous_is_left_out_of_what_is_kept(message: dict[str, Any]) -> None:
    said, _ = begun()
    heard = said.hear(push("newChatMessage", {"message": {**message, "type": "tip", "id": 9}}))
    assert heard.keep
    assert "shy_one" not in (heard.text or "")
    assert '"id":9' in (heard.text or "")


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        ({"id": 1, "error": {"code": 3501, "message": "x"}}, errors.TryLater),
        ({"id": 1, "error": {"code": 109, "message": "x"}}, errors.TryLater),
        ({"id": 2, "error": {"code": 100, "message": "x"}}, errors.TryLater),
        ({"id": 2, "error": {"code": 103, "message": "x"}}, errors.PageChanged),
        ({"push": {"disconnect": {"code": 3501, "reason": "x"}}}, errors.TryLater),
        ({"push": {"disconnect": {"code": 3000, "reason": "x"}}}, errors.TryLater),
        ({"push": {"channel": "newChatMessage@5", "unsubscribe": {"code": 1}}}, errors.TryLater),
    ],
)
def test_a_refusal_is_named_for_its_remedy(
    frame: dict[str, Any], error: type[errors.GreenroomError]
) -> None:
    said, _ = begun()
    with pytest.raises(error):
        said.hear(json.dumps(frame))


def test_a_channel_that_is_refused_is_done_without() -> None:
    said, _ = begun()
    numbers: tuple[Any, ...] = (4, "4", {}, [])
    for number in numbers:
        told = {"id": number, "error": {"code": 103, "message": "x"}}
        assert said.hear(json.dumps(told)) == talk.Heard()


def test_what_came_with_a_goodbye_is_kept_before_it_counts() -> None:
    said, _ = begun()
    news, goodbye = push("topicChanged", {"topic": "tea"}), '{"push":{"disconnect":{"code":3501}}}'
    assert said.hear(f"{news}\n{goodbye}").keep
    with pytest.raises(errors.TryLater):
        said.hear("{}")


@pytest.mark.parametrize("frame", ["no json", "[]", "null", '{"push":', '{"push":7}', '"text"'])
def test_what_cannot_be_understood_is_kept(frame: str) -> None:
    said, _ = begun()
    assert said.hear(frame).keep
