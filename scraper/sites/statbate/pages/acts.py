"""Tips and messages, of a room, of a member, or found by a search."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeVar

import msgspec

from scraper import errors, payload, site
from scraper.sites.statbate.pages import answers, walk
from scraper.sites.statbate.pages.answers import Whole

TIPS = walk.Kind(source="statbate.tips", act="tip")
CHAT = walk.Kind(source="statbate.chat", act="chat")
ROOM_CHAT = walk.Kind(source="statbate.chat", act="chat", size="chat_page", first=0)

_T = TypeVar("_T")
_AT_MOST = msgspec.Meta(max_length=10_000)


class _Tip(msgspec.Struct, frozen=True, kw_only=True):
    time: str
    tokens: Whole
    name: str | None


class _TipTo(msgspec.Struct, frozen=True, kw_only=True):
    time: str
    tokens: Whole
    model: str


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    time: str
    sender: str | None
    message: str | None


class _SaidIn(msgspec.Struct, frozen=True, kw_only=True):
    time: str
    room: str
    message: str | None


class _Found(_Said, frozen=True, kw_only=True):
    room: str


def model_tips(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read a page of the tips in a room (confidence H)."""
    told = _read(answer, answers.Answer[Annotated[list[_Tip], _AT_MOST]])
    room = payload.context_text(answer.request, "room")
    rows = [
        walk.Row(at=_at(answer, row.time), room=room, who=_who(row.name), tokens=row.tokens)
        for row in told.data
    ]
    return walk.page(answer, layout, TIPS, (rows, answers.pagination(told)))


def member_tips(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read a page of the tips of a member (confidence H)."""
    told = _read(answer, answers.Answer[Annotated[list[_TipTo], _AT_MOST]])
    member = payload.context_text(answer.request, "member")
    rows = [
        walk.Row(at=_at(answer, row.time), room=_who(row.model), who=member, tokens=row.tokens)
        for row in told.data
    ]
    return walk.page(answer, layout, TIPS, (rows, answers.pagination(told)))


def model_chat(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read a page of what was said in a room (confidence M)."""
    told = _read(answer, answers.Answer[Annotated[list[_Said], _AT_MOST]])
    room = payload.context_text(answer.request, "room")
    rows = [_row(answer, row, room, _who(row.sender)) for row in told.data]
    return walk.page(answer, layout, ROOM_CHAT, (rows, answers.pagination(told)))


def member_chat(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read a page of what a member said (confidence M)."""
    told = _read(answer, answers.Answer[Annotated[list[_SaidIn], _AT_MOST]])
    member = payload.context_text(answer.request, "member")
    rows = [_row(answer, row, _who(row.room), member) for row in told.data]
    return walk.page(answer, layout, CHAT, (rows, answers.pagination(told)))


def found(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read a page of messages that a search found (the filters H; the rows a construction)."""
    told = _read(answer, answers.Answer[Annotated[list[_Found], _AT_MOST]])
    rows = [_row(answer, row, _who(row.room), _who(row.sender)) for row in told.data]
    return walk.page(answer, layout, CHAT, (rows, answers.pagination(told)))


def _read(answer: payload.Payload, shape: type[answers.Answer[_T]]) -> answers.Answer[_T]:
    """Read an answer. Raises TryLater `wrong_page` if its window is not all that was asked for."""
    told = answers.read(answer, shape)
    since, until = answers.window(answer, told)
    first, last = answers.window_asked(answer)
    if since > first or until < last:
        raise errors.TryLater(
            "wrong_page", f"the answer is about {since} to {until}", url=answer.url
        )
    return told


def _at(answer: payload.Payload, text: str) -> datetime:
    return answers.moment(text, answer.url)


def _who(text: str | None) -> str:
    return answers.name(text) or ""


def _row(answer: payload.Payload, row: _Said | _SaidIn, room: str, who: str) -> walk.Row:
    return walk.Row(at=_at(answer, row.time), room=room, who=who, text=row.message or None)
