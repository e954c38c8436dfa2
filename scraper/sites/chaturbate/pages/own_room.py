"""What the account's own room stands at, from what its page loads (confidence A and B)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from models import records
from scraper import errors, json, payload, site
from scraper.sites.chaturbate import own_room as asked
from scraper.sites.chaturbate.pages import chat, rooms

OFFLINE = "offline"

Level = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]
"""What telemetry can state."""


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """`chatvideocontext` (confidence A), as far as it is kept."""

    broadcaster_username: str
    broadcaster_uid: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9]{1,40}$")]
    viewer_username: str
    room_status: str
    token_balance: Level
    num_viewers: Level


class Whose(msgspec.Struct, frozen=True):
    """Whose room it is, and to whom it was shown."""

    broadcaster_username: str
    viewer_username: str


def own_room(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read balance and viewers, and go on to the tips; a room that is offline has neither.

    Raises SignInAgain `signed_out`, NeedsOperator `wrong_user` where the page was made for somebody
    else than the account, and PageChanged where it is another room's.
    """
    _refuse_others(answer)
    room = json.read(answer, Room)
    if room.room_status.lower() == OFFLINE:
        return _level(answer, tokens=room.token_balance, tips=0, viewers=0)
    tokens, viewers = room.token_balance, room.num_viewers
    uid = room.broadcaster_uid
    lead = asked.tips(layout, answer.request, uid, tokens=tokens, viewers=viewers)
    return payload.Batch(leads=(lead,))


def own_tips(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Count the tips that the page shows, each once however often it is told."""
    del layout
    keys = {act.key for act in chat.acts(answer) if act.kind == "tip"}
    tokens, viewers = (
        payload.context_number(answer.request, name) for name in ("tokens", "viewers")
    )
    return _level(answer, tokens=tokens, tips=len(keys), viewers=viewers)


def _refuse_others(answer: payload.Payload) -> None:
    whose, account = json.read(answer, Whose), payload.context_text(answer.request, "account")
    viewer, room = whose.viewer_username.lower(), whose.broadcaster_username.lower()
    if viewer == rooms.NOBODY:
        raise errors.SignInAgain("signed_out", url=answer.url)
    if viewer != account:
        raise errors.NeedsOperator(
            "wrong_user", f"signed in as {viewer[:80]}, not {account}", url=answer.url
        )
    if room != account:
        raise errors.PageChanged(
            "page_changed", f"asked for the room {account}, got {room[:80]!r}", url=answer.url
        )


def _level(answer: payload.Payload, *, tokens: int, tips: int, viewers: int) -> payload.Batch:
    room = payload.context_text(answer.request, "room")
    level = records.Level(room=room, tokens=tokens, tips=tips, viewers=viewers)
    return payload.Batch(records=(level,))
