"""Statbate's socket: what is said, what is kept, and what a talk with the practice site states."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
import websockets
from websockets.asyncio import client as sockets

from fixtures.practice import client, happenings, premium_live
from models import records
from scraper import errors, payload, talk
from scraper.sites import register
from scraper.sites.statbate import listening
from tests.scraper import given_answers
from tests.scraper.sites import given_statbate as given

SITE = register.SITES["statbate"]
FEED = SITE.feeds["live"]
TOKENS: Mapping[str, str] = {"socket": client.API_TOKEN}


def request(target: str | None = None, base_url: str = "") -> payload.Request:
    layout = msgspec.structs.replace(SITE.layout, base_url=base_url or SITE.layout.base_url)
    return FEED.start(given_answers.errand(target=target), layout)


def conversation(target: str | None = None) -> talk.Talk:
    assert FEED.talk is not None
    return FEED.talk(request(target), SITE.layout)


def tip(room: str = "operator_one", **more: Any) -> str:
    said = {"chanel": "chaturbate", "room": room, "donator": "alice", "amount": 50}
    return json.dumps(said | more)


COUNT = '{"chanel":"chaturbate","count":4536}'
INDEX = '{"chanel":"chaturbate","index":12.425269899359563}'


# what is said


def test_the_platform_is_named_at_once_in_the_sites_own_spelling() -> None:
    opening = conversation().begin(None, TOKENS)

    assert isinstance(opening, talk.Opening)
    assert opening.url == f"wss://statbate.com/ws/?api_key={client.API_TOKEN}"
    assert opening.say == ('{"chanel":"chaturbate"}', "ping")


def test_the_key_stands_nowhere_but_in_the_opening() -> None:
    opening = conversation().begin(None, TOKENS)

    assert client.API_TOKEN not in repr(opening)
    assert client.API_TOKEN not in repr(request())
    assert FEED.tokens == ("socket",)


def test_a_key_is_written_so_that_it_stays_one_value() -> None:
    opening = conversation().begin(None, {"socket": "a&b=c d"})

    assert isinstance(opening, talk.Opening)
    assert opening.url.endswith("?api_key=a%26b%3Dc+d")


def test_a_target_names_the_platform_and_several_rooms() -> None:
    asked = request("stripchat/First_Room, second_room")

    assert asked.context == {"site": "stripchat", "rooms": "first_room,second_room"}
    assert listening.rooms(request()) == {"operator_one"}


@pytest.mark.parametrize("target", ["cam4/room", "stripchat/", "a b", "room,,other", "a/b"])
def test_a_target_that_names_no_rooms_is_refused(target: str) -> None:
    with pytest.raises(errors.BadConfig):
        request(target)


def test_the_socket_has_a_host_of_its_own_but_for_a_site_on_this_machine() -> None:
    assert request(base_url="http://127.0.0.1:9").url == "ws://127.0.0.1:9/ws/"
    assert request(base_url="https://mirror.invalid").url == "wss://statbate.com/ws/"


# what is heard


@pytest.mark.parametrize("room", ["operator_one", "Operator_One", " operator_one "])
def test_a_tip_in_a_wanted_room_is_kept(room: str) -> None:
    assert conversation().hear(tip(room)) == talk.Heard(keep=True, live=True)


def test_a_strangers_tip_is_not_kept() -> None:
    assert conversation().hear(tip("stranger_room")) == talk.Heard(live=True)


def test_numbers_are_not_kept() -> None:
    said = conversation()

    assert [said.hear(frame).keep for frame in (COUNT, INDEX)] == [False, False]


@pytest.mark.parametrize(
    "frame", ["", "what?", "[1]", "{}", '{"error":"slow"}', "null", "{", "[" * 5000]
)
def test_what_cannot_be_understood_is_kept_and_proves_nothing(frame: str) -> None:
    assert conversation().hear(frame) == talk.Heard(keep=True)


def test_a_talk_is_live_once_the_site_has_answered() -> None:
    assert conversation().hear("pong") == talk.Heard(live=True)


def test_in_a_room_without_silence_a_ping_goes_out_now_and_then() -> None:
    said = conversation()
    said.hear("pong")
    pinged = [said.hear(frame).say for frame in (COUNT, tip(), COUNT)]

    assert pinged == [(), (), ("ping",)]
    said.hear("pong")
    assert (said.hear(COUNT).say, said.hear(COUNT).say) == ((), ("ping",))


def test_a_silence_is_longer_than_the_site_wants_between_two_pings() -> None:
    assert conversation().ping == "ping"
    assert conversation().silence >= 15


# a talk with the practice site


async def heard(practice: client.Practice, target: str | None, platform: str) -> list[talk.Frame]:
    """Hold a talk as a fetch does, while a broadcast is played; return what is kept."""
    assert FEED.talk is not None
    asked = request(target, practice.statbate)
    said = FEED.talk(asked, SITE.layout)
    opening = said.begin(None, TOKENS)
    assert isinstance(opening, talk.Opening)
    kept: list[talk.Frame] = []
    strangers = 0
    async with sockets.connect(opening.url, proxy=None) as line:
        for first in opening.say:
            await line.send(first)
        while not said.hear(str(await line.recv())).live:
            pass
        practice.play(8, 400, platforms=[platform])
        due = len(known(practice, platform))
        while strangers < due:
            frame = str(await line.recv())
            meaning = said.hear(frame)
            strangers += not meaning.keep
            kept += [talk.Frame(at=datetime.now(UTC), text=frame)] if meaning.keep else []
            for answer in meaning.say:
                await line.send(answer)
    return kept


def known(practice: client.Practice, platform: str) -> list[tuple[str | None, int]]:
    found = []
    for row in practice.truth()["happened"]:
        one = happenings.Happening(**row)
        if premium_live.tips(one, platform, client.USERNAME):
            found.append((None if one.anonymous else one.username, one.tokens or 0))
    return found


@pytest.mark.parametrize("platform", ["chaturbate", "stripchat"])
async def test_a_talk_states_the_large_tips_of_the_own_room_and_nothing_else(
    practice: client.Practice, platform: str
) -> None:
    target = f"{platform}/{client.USERNAME}"
    frames = await heard(practice, target, platform)
    answer = given_answers.answer(talk.body(frames), request(target))
    batch = SITE.parsers["live"](answer, SITE.layout)
    acts = [one for one in batch.records if isinstance(one, records.Interaction)]

    assert [(one.username, one.tokens) for one in acts] == known(practice, platform)
    assert len({one.key for one in acts}) == len(acts) > 20
    assert {(one.source, one.kind, one.room) for one in acts} == {
        ("statbate.live", "tip", client.USERNAME if platform == "chaturbate" else target)
    }
    assert {one.platform for one in acts} == {"" if platform == "chaturbate" else platform}
    assert [one.at for one in acts] == [frame.at for frame in frames]


async def test_a_wrong_key_opens_nothing(practice: client.Practice) -> None:
    assert FEED.talk is not None
    opening = FEED.talk(request(None, practice.statbate), SITE.layout).begin(None, {"socket": "no"})
    assert isinstance(opening, talk.Opening)
    with pytest.raises(websockets.InvalidStatus) as refused:
        await sockets.connect(opening.url, proxy=None)

    assert refused.value.response.status_code == 403


def test_reading_a_payload_again_states_the_same_acts() -> None:
    frames = [talk.Frame(at=given_answers.AT, text=tip())] * 2
    answer = given_answers.answer(talk.body(frames), request())
    once, again = (SITE.parsers["live"](answer, SITE.layout) for _ in range(2))

    assert once == again
    assert len({getattr(one, "key", "") for one in once.records}) == 2


def test_what_a_talk_keeps_is_not_an_income() -> None:
    """The socket tells tips of 50 tokens and more: the summary of the feed says so."""
    assert "50 tokens and more" in FEED.summary
    assert given.SITE is SITE
