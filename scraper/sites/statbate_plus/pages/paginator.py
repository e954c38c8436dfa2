"""Laravel's paginators (confidence H): what they say of a page, and which page follows.

`paginate()`, `simplePaginate()` and `cursorPaginate()` are flat; an API resource has `links` and
`meta`; the site's REST API nests `meta.pagination`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
from msgspec import UNSET, UnsetType

from scraper import errors

WINDOW = frozenset({"range[0]", "range[1]", "timezone"})

Number = Annotated[int, msgspec.Meta(ge=0, le=10**9)]


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a paginator says of itself, on any of its levels."""

    current_page: Number | None = None
    last_page: Number | None = None
    per_page: Number | None = None
    total: Number | None = None
    next_cursor: str | UnsetType | None = UNSET


class Meta(Facts, frozen=True, kw_only=True):
    """The `meta` of an API resource."""

    pagination: Facts | None = None


class Row(msgspec.Struct, frozen=True):
    """A chat message."""

    time: str
    sender: str | None
    message: str | None


class Paginator(Facts, frozen=True, kw_only=True):
    """A page of rows."""

    data: Annotated[list[Row], msgspec.Meta(max_length=10_000)]
    next_page_url: str | UnsetType | None = UNSET
    links: list[Any] | dict[str, Any] | None = None
    meta: Meta | None = None


def facts(page: Paginator) -> Facts:
    """Return what is known of a page, wherever it says so."""
    levels: list[Facts] = [page]
    if page.meta is not None:
        levels.append(page.meta)
        if page.meta.pagination is not None:
            levels.append(page.meta.pagination)
    return Facts(
        current_page=_first(level.current_page for level in levels),
        last_page=_first(level.last_page for level in levels),
        per_page=_first(level.per_page for level in levels),
        total=_first(level.total for level in levels),
        next_cursor=next(
            (level.next_cursor for level in levels if level.next_cursor is not UNSET), UNSET
        ),
    )


def following(page: Paginator, known: Facts, number: int, url: str) -> dict[str, str] | None:
    """Return the query parameters that lead to the next page, or None if there is none.

    Believed in this order: `next_page_url`, `links.next`, `next_cursor`, the page numbers, a
    short page. Raises PageChanged if nothing tells.
    """
    address = page.next_page_url
    if address is UNSET and isinstance(page.links, dict) and "next" in page.links:
        address = page.links["next"]
    if address is not UNSET:
        return _query(address, url) if address else None
    if known.next_cursor is not UNSET:
        return {"cursor": known.next_cursor} if known.next_cursor else None
    if known.current_page is not None and known.last_page is not None:
        more = known.current_page < known.last_page
    elif known.per_page is not None:
        more = len(page.data) >= known.per_page
    else:
        raise errors.PageChanged("page_changed", "nothing tells whether a page follows", url=url)
    return {"page": str(number + 1)} if more else None


def _first(values: Iterable[int | None]) -> int | None:
    return next((value for value in values if value is not None), None)


def _query(address: object, url: str) -> dict[str, str]:
    """Return what an address changes in the query; the window itself is the request's."""
    pairs = parse_qsl(urlsplit(str(address)).query)
    changes = {name: value for name, value in pairs if name not in WINDOW}
    if not changes:
        raise errors.PageChanged(
            "page_changed", f"{str(address)[:80]!r} leads to no other page", url=url
        )
    return changes
