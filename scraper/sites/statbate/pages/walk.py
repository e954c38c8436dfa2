"""Walk through a history of tips or messages whose rows have no id.

A row's key is its second, a mark of who and what, and its number among equals of that second; the
numbers go on over a page's edge. So an act has one key wherever it is read: from its room, from its
member, or in a search.

Pages are counted from 1, those of a room's chat from 0 (by its one known client). Should the site
take 0 for 1 there, page 1 is page 0 again, and is skipped.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import msgspec

from models import records
from scraper import errors, payload, site
from scraper.sites.statbate import endpoints
from scraper.sites.statbate.pages import answers, following, platforms

RESTARTS = 3
_KEPT = frozenset({"site", "room", "member", "since", "until", "filters", "closes", "restarts"})
"""What every request of a walk carries for its parser."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row as any list shows it: `who` as the site spells nobody, too."""

    at: datetime
    room: str
    who: str
    text: str | None = None
    tokens: int | None = None


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """What rows are: their source, their kind, how many a page may hold, its first number."""

    source: str
    act: str
    size: str = "page"
    first: int = 1


def page(
    answer: payload.Payload,
    layout: site.Layout,
    kind: Kind,
    told: tuple[Sequence[Row], answers.Pagination],
) -> payload.Batch:
    """State a page's acts; the last one states the Cursor, if the walk closes its window.

    An empty window is only believed with a total of 0. A list whose total changes, or that holds
    more than it, is read from its start again. Raises TryLater (`list_shifted`, `wrong_page`,
    `empty_answer`).
    """
    rows, known = told
    context = answer.request.context
    number = payload.context_number(answer.request, "page")
    if _repeats(answer, kind, rows, known):
        return payload.Batch(leads=(_asked_again(answer, layout),))
    read = int(context.get("read", 0)) + len(rows)
    total = read if known.total is None else known.total
    if total != context.get("total", total) or read > total:
        return payload.Batch(leads=(_restarted(answer, layout, kind),))
    _refuse_another_page(answer, kind, known)
    _refuse_gaps(answer, known, len(rows), total - read)
    acts, equals = _acts(answer, layout, kind, rows)
    if not _goes_on(known, rows, read, layout.sizes[kind.size], number):
        closes = context.get("closes") if read or known.total == 0 else None
        cursor = (records.Cursor(value=str(closes)),) if closes else ()
        return payload.Batch(records=(*acts, *cursor))
    carried = {name: value for name, value in context.items() if name in _KEPT}
    carried |= {"page": number, "read": read, "was": following.digest(answer), "equals": equals}
    carried |= {"edge": rows[-1].at.isoformat()}
    if known.total is not None:
        carried["total"] = known.total
    if known.next_cursor:
        carried["cursor"] = known.next_cursor
    return payload.Batch(records=acts, leads=(_next(answer, layout, carried),))


def _repeats(
    answer: payload.Payload, kind: Kind, rows: Sequence[Row], known: answers.Pagination
) -> bool:
    """Whether page 1 of a list counted from 0 is page 0 again, by its bytes.

    Without a number of its own a page of nothing but one second may stand there twice.
    """
    context = answer.request.context
    second = kind.first == 0 and context["page"] == 1 and bool(rows)
    if not second or context.get("was") != following.digest(answer):
        return False
    return known.current_page is not None or rows[0].at != rows[-1].at


def _asked_again(answer: payload.Payload, layout: site.Layout) -> payload.Request:
    """Return page 1 once more; if that was done before, the page after it: 0 is taken for 1."""
    context = answer.request.context
    if "again" not in context:
        return asked(layout, answer.request.kind, dict(context) | {"again": 1})
    return _next(answer, layout, dict(context))


def _refuse_gaps(answer: payload.Payload, known: answers.Pagination, rows: int, left: int) -> None:
    """Raise for a page with fewer rows than it must have while `left` more are declared."""
    due = min(known.per_page or 0, rows + left) if known.total is not None else 0
    if rows < due or (not rows and left):
        code = "wrong_page" if rows else "empty_answer"
        raise errors.TryLater(code, f"{rows} rows, {left} are missing", url=answer.url)


def _goes_on(
    known: answers.Pagination, rows: Sequence[Row], read: int, size: int, number: int
) -> bool:
    """Whether there is a page after this one: by total, cursor, last page, a full page."""
    if not rows:
        return False
    if known.total is not None:
        return read < known.total
    if known.next_cursor is not None:
        return bool(known.next_cursor)
    if known.last_page is not None:
        return number < known.last_page
    return len(rows) >= size


def _refuse_another_page(answer: payload.Payload, kind: Kind, known: answers.Pagination) -> None:
    """Raise for a page that says it is another one; lists counted from 0 may call it the next."""
    number = payload.context_number(answer.request, "page")
    right = {None, number} if kind.first else {None, number, number + 1}
    if "cursor" not in answer.request.context and known.current_page not in right:
        raise errors.TryLater(
            "wrong_page", f"page {known.current_page} came for page {number}", url=answer.url
        )


def _next(
    answer: payload.Payload, layout: site.Layout, context: dict[str, str | int]
) -> payload.Request:
    number = payload.context_number(answer.request, "page") + 1
    return asked(layout, answer.request.kind, context | {"page": number})


def asked(layout: site.Layout, kind: str, context: endpoints.Context) -> payload.Request:
    """Return the request of a page of a walk."""
    if kind == "message_search":
        return endpoints.search(layout, context)
    return endpoints.ask(layout, kind, context)


def _restarted(answer: payload.Payload, layout: site.Layout, kind: Kind) -> payload.Request:
    """Return the first page again: rows have moved from page to page behind the walk."""
    restarts = int(answer.request.context.get("restarts", 0)) + 1
    if restarts > RESTARTS:
        raise errors.TryLater("list_shifted", url=answer.url)
    kept = {name: value for name, value in answer.request.context.items() if name in _KEPT}
    return asked(layout, answer.request.kind, kept | {"page": kind.first, "restarts": restarts})


def _acts(
    answer: payload.Payload, layout: site.Layout, kind: Kind, rows: Sequence[Row]
) -> tuple[tuple[records.Interaction, ...], str]:
    """Return the page's acts, and the counts of equals that the next page must know."""
    known = str(answer.request.context.get("equals", "{}"))
    equals = Counter(msgspec.json.decode(known, type=dict[str, int]))
    platform = answers.platform(answer.request)
    anonymous = {"", layout.selectors["anonymous_text"]}
    acts = []
    for row in rows:
        said = f"{row.who}\0{row.tokens}\0{row.text}".encode("utf-8", "replace")
        mark = f"{row.at:%Y%m%dT%H%M%S}-{hashlib.sha256(said).hexdigest()[:16]}"
        place = f"{mark} {row.room}"
        acts.append(
            records.Interaction(
                source=kind.source,
                room=platforms.place(platform, row.room),
                key=f"{mark}-{equals[place]}",
                at=row.at,
                kind=kind.act,
                username=None if row.who in anonymous else row.who,
                tokens=row.tokens,
                text=row.text,
                platform=platform,
            )
        )
        equals[place] += 1
    _refuse_disorder(answer, rows)
    last = f"{rows[-1].at:%Y%m%dT%H%M%S}-" if rows else ""
    carried = {place: count for place, count in equals.items() if place.startswith(last)}
    return tuple(acts), msgspec.json.encode(carried).decode()


def _refuse_disorder(answer: payload.Payload, rows: Sequence[Row]) -> None:
    """Raise for a page that goes back over what the one before showed."""
    text = answer.request.context.get("edge")
    if text is None or not rows:
        return
    edge, first, last = datetime.fromisoformat(str(text)), rows[0].at, rows[-1].at
    if first < min(edge, last) or first > max(edge, last):
        raise errors.TryLater(
            "wrong_page", "the page does not go on where the one before ended", url=answer.url
        )
