"""One broadcast on all platforms: the feeds that hear it, and what each of them is told."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from fixtures.practice import (
    camsoda_chat,
    client,
    happenings,
    premium_live,
    relay_forms,
    stripchat_chat,
    webhooks,
)
from jobs import sections, settings
from jobs.feeds import taking
from scraper import payload
from tests.jobs import given_callers

FORM = "mixed"
TOKENS = given_callers.TOKENS | {"GREENROOM_TOKEN_FIGURES__SOCKET": client.API_TOKEN}

LISTENED = {
    "chaturbate.events": ("main", ("",)),
    "stripchat.live_chat": ("strip", ("",)),
    "camsoda.live_tips": ("soda", ("",)),
    "statbate.live": ("figures", happenings.PLATFORMS),
    "relay.chaturbate": ("relay", ("",)),
    "relay.stripchat": ("relay", ("",)),
    "relay.camsoda": ("relay", ("",)),
}
"""Feeds that are asked or talked to -> as whom, and the platforms that are named to them."""

PUSHED = {"webhook": ("statbate.webhook", "figures"), "bridge": ("stripchat.bridge", "strip")}

POSTED = 3000
"""Happenings of which webhooks are posted: each is a body of its own."""

TOGETHER = 50
"""Tips in one body of the bridge."""

Fact = tuple[str, str | None, int | None, str | None, bool]
"""Kind, username, tokens, text and whether it is private."""


def listened(world: client.Practice) -> str:
    """Return the settings that let everything be heard that can be connected to."""
    parts = [
        f'[sites.relay]\nbase_url = "{world.relay}"\nrequests_per_minute = 0\n',
        f'[accounts.relay]\nsite = "relay"\nusername = "{world.username}"\n',
    ]
    for feed, (account, platforms) in LISTENED.items():
        for platform in platforms:
            name = f"{feed}_{platform}".replace(".", "_").rstrip("_")
            target = f'target = "{platform}/{world.username}"\n' if platform else ""
            parts.append(f'[feeds.{name}]\nfeed = "{feed}"\naccount = "{account}"\n{target}')
    return "".join(parts)


def also_pushed(chosen: settings.Settings) -> settings.Settings:
    """Return settings that want the pushed feeds, too."""
    more = {
        name: sections.Feed(feed=feed, account=account, target=None, enabled=True)
        for name, (feed, account) in PUSHED.items()
    }
    return chosen.model_copy(update={"feeds": {**chosen.feeds, **more}})


def happened(world: client.Practice) -> list[happenings.Happening]:
    rows: list[dict[str, Any]] = world.truth()["happened"]
    times = [datetime.fromisoformat(row["at"]).timestamp() for row in rows]
    return [happenings.Happening(**row | {"at": at}) for row, at in zip(rows, times, strict=True)]


def bodies(name: str, all_of_it: list[happenings.Happening], room: str) -> Iterator[Any]:
    """Yield what is pushed to us of a broadcast: a webhook for each tip, bridged ones together."""
    if name == "webhook":
        yield from _webhooks(all_of_it[:POSTED], room)
        return
    tips = [one for one in all_of_it if one.kind == "tip" and one.platform == "stripchat"]
    for begin in range(0, len(tips), TOGETHER):
        yield {"events": [_bridged(one) for one in tips[begin : begin + TOGETHER]]}


def _webhooks(told: Iterable[happenings.Happening], room: str) -> Iterator[Any]:
    tippers: set[tuple[str, str]] = set()
    for one in told:
        if one.kind == "tip":
            first = not one.anonymous and (one.platform, one.username) not in tippers
            tippers.add((one.platform, one.username))
            for event in (webhooks.TIP, webhooks.FIRST) if first else (webhooks.TIP,):
                yield webhooks.typed(one, room, event, first)


def _bridged(one: happenings.Happening) -> dict[str, Any]:
    said: dict[str, Any] = {
        "amount": one.tokens,
        "isAnonymous": one.anonymous,
        "message": one.text or None,
    }
    user = {"isGuest": False, "username": one.username}
    said |= {"type": "private" if one.private else "public", "user": user, "id": one.number}
    return {"event": "v1.tokens.spent", "at": one.at, "data": {"tipData": said}}


def answers(taker: taking.Taker, told: Iterable[Any]) -> list[payload.Payload]:
    """Return bodies as they come in at a door."""
    request = taker.ask(patient=True)
    return [
        payload.Payload(
            request=request,
            url=request.url,
            status=200,
            body=json.dumps(body).encode(),
            fetched_at=datetime.now(UTC),
        )
        for body in told
    ]


def truth(source: str, all_of_it: Iterable[happenings.Happening], room: str) -> Counter[Fact]:
    """Return what a perfect listener knows from a source."""
    return Counter(_TRUTHS[source](list(all_of_it), room))


WORDED = {"chat", "private_message", "tip", "purchase"}
"""What Chaturbate's events say in words."""

Facts = Iterator[Fact]
Happened = list[happenings.Happening]


def _who(one: happenings.Happening) -> str | None:
    return None if one.anonymous else one.username


def _events(told: Happened, room: str) -> Facts:
    yield "broadcast_start", room, None, None, False
    yield "subject", None, None, "tea & music [20 tokens left]", False
    yield "broadcast_stop", room, None, None, False
    for one in told:
        if one.platform == "chaturbate":
            private = one.kind == "private_message"
            text = one.text if one.kind in WORDED else ""
            yield one.kind, _who(one), one.tokens, text or None, private


def _chat(told: Happened, _room: str) -> Facts:
    for one in told:
        if one.platform == "stripchat":
            yield from (_plain(fact) for fact in stripchat_chat.told(one))


def _tips(told: Happened, _room: str) -> Facts:
    for one in told:
        if one.platform == "camsoda":
            yield from (_plain(fact) for fact in camsoda_chat.told(one))


def _plain(fact: dict[str, Any]) -> Fact:
    return fact["kind"], fact["username"], fact["tokens"], fact["text"], fact["private"]


def _live(told: Happened, room: str) -> Facts:
    for one in told:
        if premium_live.tips(one, one.platform, room):
            yield "tip", _who(one), one.tokens, None, False


def _relayed(platform: str) -> Any:
    def relayed(told: Happened, _room: str) -> Facts:
        for one in told:
            if one.kind == "tip" and one.platform == platform:
                who, tokens, text = relay_forms.told(one, FORM)
                yield "tip", who, tokens, text, False

    return relayed


def _posted(told: Happened, room: str) -> Facts:
    """A webhook says neither which tip it is nor more than the second: equal ones are one."""
    known: set[tuple[Any, ...]] = set()
    for body in bodies("webhook", told, room):
        said = body["data"]
        who = None if said["member"] == webhooks.NOBODY else said["member"]
        second, note = body["timestamp"][:19], said["message"] or None
        known.add((second, said["site"], who, said["amount"], note, "tip"))
        if said["is_first_tip"]:
            known.add((said["site"], who, None, "first tip", "notice"))
    for *_, who, tokens, text, kind in known:
        yield kind, who, tokens, text, False


def _sent(told: Happened, _room: str) -> Facts:
    for one in told:
        if one.kind == "tip" and one.platform == "stripchat":
            yield "tip", _who(one), one.tokens, one.text or None, one.private


_TRUTHS: dict[str, Any] = {
    "chaturbate.events": _events,
    "stripchat.live_chat": _chat,
    "camsoda.live_tips": _tips,
    "statbate.live": _live,
    "statbate.webhook": _posted,
    "stripchat.bridge": _sent,
    **{f"relay.{platform}": _relayed(platform) for platform in happenings.PLATFORMS},
}
SOURCES = tuple(_TRUTHS)
