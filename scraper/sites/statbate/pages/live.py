"""Tips that were heard over Statbate's socket (its operator's code of 2023, confidence H).

A frame has neither id nor time: it happened when it was heard.
"""

from __future__ import annotations

import hashlib
from collections import Counter

import msgspec

from models import records
from scraper import errors, meanings, payload, site, talk
from scraper.sites.statbate import listening
from scraper.sites.statbate.pages import platforms

SOURCE = "statbate.live"


def live(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read the frames that were kept: the wanted rooms' tips, and what nobody understands.

    Two equal tips in one instant stay two; a payload that is read again states the same ones.
    """
    wanted = listening.rooms(answer.request)
    equals: Counter[str] = Counter()
    acts = []
    for frame in _frames(answer):
        said = listening.understood(frame.text)
        if said and (said.counts or listening.is_stranger(said, wanted)):
            continue
        act = (said and _tip(said, frame, answer, layout)) or _unread(frame, answer)
        facts = f"{act.platform}\0{act.room}\0{act.username}\0{act.tokens}\0{act.text}"
        told = hashlib.sha256(facts.encode("utf-8", "replace")).hexdigest()[:16]
        mark = f"{frame.at:%Y%m%dT%H%M%S.%f}-{told}"
        acts.append(msgspec.structs.replace(act, key=f"{mark}-{equals[mark]}"))
        equals[mark] += 1
    return payload.Batch(records=tuple(acts))


def _frames(answer: payload.Payload) -> list[talk.Frame]:
    if not answer.body.strip():
        raise errors.TryLater("empty_answer", url=answer.url)
    try:
        return talk.frames(answer.body)
    except (ValueError, RecursionError) as error:
        raise errors.PageChanged("page_changed", f"no frames: {error}", url=answer.url) from error


def _tip(
    said: listening.Spoken, frame: talk.Frame, answer: payload.Payload, layout: site.Layout
) -> records.Interaction | None:
    tokens, room = meanings.tokens(said.amount), meanings.who(said.room)
    if tokens is None or room is None:
        return None
    channel = said.channel or payload.context_text(answer.request, "site")
    platform = platforms.known(channel)
    return records.Interaction(
        source=SOURCE,
        platform=platform,
        room=platforms.place(platform, room),
        key="",
        at=frame.at,
        kind="tip",
        username=platforms.giver(said.donator, layout),
        tokens=tokens,
    )


def _unread(frame: talk.Frame, answer: payload.Payload) -> records.Interaction:
    platform = platforms.known(payload.context_text(answer.request, "site"))
    return records.Interaction(
        source=SOURCE,
        platform=platform,
        room=platforms.place(platform, min(listening.rooms(answer.request))),
        key="",
        at=frame.at,
        kind="unknown",
        text=frame.text,
        private=True,
    )
