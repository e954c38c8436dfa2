"""Tell a row that moved to the next page behind the walk from an equal one that stands there.

A paginator without a total counts its pages from the list's start: a row that is added while the
list is read pushes the last row of each page onto the next. So where a page begins with the very
message that the page before ended with, both pages are read once more: if neither has changed, the
message was said twice. (A page of nothing but equal messages of one second would not show a shift.)
Cursors point at rows, and are not moved by others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec
from msgspec import UNSET

from scraper import payload
from scraper.sites.statbate_plus.pages import paginator

KEPT = frozenset({"room", "username", "since", "until", "closes", "restarts"})
"""What every request of a walk carries for its parser."""


def marks(
    request: payload.Request, rows: Sequence[paginator.Row], known: paginator.Facts
) -> dict[str, str | int]:
    """Return what the request of the next page must know of this one, if rows can move to it."""
    if known.total is not None or known.next_cursor is not UNSET:
        return {}
    return {"before": request.url, "was": _digest(rows)}


def happened(request: payload.Request, rows: Sequence[paginator.Row]) -> bool:
    """Whether a page that is read once more is not what it was."""
    again = request.context.get("again")
    return again is not None and again != _digest(rows)


def check(
    request: payload.Request,
    rows: Sequence[paginator.Row],
    first_key: str | None,
) -> payload.Request | None:
    """Return what must be read before this page counts, or None if it counts as it is.

    `first_key` is that of the page's first row; it ends in the row's number among equals.
    """
    context = request.context
    if "then" in context:
        return msgspec.json.decode(str(context["then"]), type=payload.Request)
    alone = first_key is None or first_key.endswith("-0")
    if alone or "again" in context or "before" not in context:
        return None
    this = msgspec.structs.replace(request, context=context | {"again": _digest(rows)})
    kept = {name: value for name, value in context.items() if name in KEPT}
    back = {"page": int(context["page"]) - 1, "again": context["was"]}
    return msgspec.structs.replace(
        request,
        url=str(context["before"]),
        context=kept | back | {"then": msgspec.json.encode(this).decode()},
    )


def _digest(rows: Sequence[paginator.Row]) -> str:
    return hashlib.sha256(msgspec.json.encode(rows)).hexdigest()[:16]
