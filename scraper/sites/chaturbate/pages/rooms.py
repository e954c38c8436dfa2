"""A room as its own page knows it. Fields that carry secrets never get here."""

from __future__ import annotations

import re

import msgspec

from models import records
from models.records import chaturbate
from scraper import errors, json, meanings, payload, site
from scraper.meanings import Whole
from scraper.sites.chaturbate.pages import polled

NOBODY = "anonymoususer"
"""What the site calls a visitor who is not signed in."""

_UID = re.compile(r"[A-Za-z0-9]{1,40}")


class Satisfaction(msgspec.Struct, frozen=True):
    """How a room was voted for; percent of those who voted."""

    percent: Whole | None = None
    up_votes: Whole | None = None
    down_votes: Whole | None = None


class Dossier(msgspec.Struct, frozen=True, kw_only=True):
    """`chatvideocontext` (confidence A), as far as it is kept."""

    broadcaster_username: str
    viewer_username: str | None = None
    broadcaster_uid: str | None = None
    room_uid: str | None = None
    broadcaster_gender: str | None = None
    age: int | str | None = None
    room_status: str | None = None
    room_title: str | None = None
    num_viewers: Whole | None = None
    following: bool | None = None
    is_age_verified: bool | None = None
    is_mobile: bool | None = None
    performer_has_fanclub: bool | None = None
    allow_private_shows: bool | None = None
    private_show_price: Whole | None = None
    private_min_minutes: Whole | None = None
    spy_private_show_price: Whole | None = None
    satisfaction_score: Satisfaction | None = None


def room(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read a room: what it shows, and the id that its broadcaster keeps under any name.

    Raises PageChanged if it is another room than was asked for, SignInAgain `signed_out` and
    NeedsOperator `wrong_user` if it was shown to somebody else than the account.
    """
    if closed := polled.outcome(answer, layout, chaturbate.RoomSnapshot.source):
        return closed
    said = json.read(answer, Dossier, strict=False)
    asked = payload.context_text(answer.request, "person")
    if said.broadcaster_username.lower() != asked:
        raise errors.PageChanged(
            "page_changed",
            f"asked for the room {asked}, got {said.broadcaster_username[:80]!r}",
            url=answer.url,
        )
    _refuse_stranger(answer, said)
    noted = polled.noted(answer, chaturbate.RoomSnapshot.source)
    return payload.Batch(records=(_snapshot(asked, said), *_stable(asked, said), noted))


def _refuse_stranger(answer: payload.Payload, said: Dossier) -> None:
    viewer, account = (said.viewer_username or "").lower(), answer.request.context["account"]
    if viewer == NOBODY:
        raise errors.SignInAgain("signed_out", url=answer.url)
    if viewer not in {"", account}:
        raise errors.NeedsOperator(
            "wrong_user", f"signed in as {viewer[:80]}, not {account}", url=answer.url
        )


def _stable(asked: str, said: Dossier) -> tuple[records.StableId, ...]:
    uid = said.broadcaster_uid or said.room_uid or ""
    return (records.StableId(username=asked, kind="uid", value=uid),) if _UID.fullmatch(uid) else ()


def _snapshot(asked: str, said: Dossier) -> chaturbate.RoomSnapshot:
    """Return what a room shows. Its count of viewers is often left at 0, which says nothing."""
    votes = said.satisfaction_score or Satisfaction()
    return chaturbate.RoomSnapshot(
        username=asked,
        gender=meanings.gender(said.broadcaster_gender),
        age=meanings.whole(said.age),
        show=meanings.word(said.room_status),
        subject=meanings.text(said.room_title),
        viewers=said.num_viewers or None,
        following=said.following,
        is_age_verified=said.is_age_verified,
        is_mobile=said.is_mobile,
        has_fanclub=said.performer_has_fanclub,
        allows_private=said.allow_private_shows,
        private_price=said.private_show_price,
        private_minutes=said.private_min_minutes,
        spy_price=said.spy_private_show_price,
        satisfaction=votes.percent,
        votes_up=votes.up_votes,
        votes_down=votes.down_votes,
    )
