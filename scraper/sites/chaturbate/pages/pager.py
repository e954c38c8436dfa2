"""Where a page stands among its pages, by both pagers that the site has.

Both are `ul.paging` (confidence A): one marks the end with a `next` link that is missing or leads
nowhere, the other with the class `no-link` on a `next` that keeps its address.
"""

from __future__ import annotations

import re
from typing import NamedTuple, NoReturn

from scraper import errors, html, payload, site


class Place(NamedTuple):
    """The number a page gives itself (None beyond the end), and how it proves to be the last."""

    current: int | None
    end: str | None


def is_apart(node: html.Node, layout: site.Layout) -> bool:
    """Whether a node belongs to recommendations or the header rather than to the page's list."""
    return html.is_in_class(node, frozenset(layout.selectors["not_ours_text"].split()))


def place(page: html.Page, layout: site.Layout) -> Place | None:
    """Return where the page stands, or None if it is the only one and has no pager.

    Raises PageChanged for a pager that cannot be found or contradicts itself.
    """
    pager = _first(html.all_of(page, layout.selectors["pager"]), layout)
    if pager is None:
        if _first(html.all_of(page, layout.selectors["pager_link"]), layout):
            html.one(page, layout.selectors["pager"])
        return None
    mark = html.maybe(page, layout.selectors["pager_current"], pager)
    current = _number(mark.text(strip=True)) if mark else None
    if current is None:
        return Place(None, None)
    following = html.maybe(page, layout.selectors["pager_next"], pager)
    if following and not _leads_nowhere(page, layout, following, pager):
        return Place(current, None)
    numbers = [_number(link.text(strip=True)) for link in html.all_of(page, "a", pager)]
    highest = max((number for number in numbers if number), default=current)
    if highest > current:
        raise errors.PageChanged(
            "page_changed", f"page {current} has no next one but shows {highest}", url=page.url
        )
    return Place(current, f"page {current} is the pager's last")


def standing(answer: payload.Payload, place: Place | None) -> tuple[str, int]:
    """Return part and position of a page: as asked for, else (a saved page) as it says itself."""
    context = answer.request.context
    part = context.get("part") or ("offline" if "/offline" in answer.url else "online")
    position = context.get("position") or (place.current if place and place.current else 1)
    return str(part), int(position)


def verdict(
    page: html.Page, layout: site.Layout, place: Place | None, position: int, rows: int
) -> tuple[str | None, bool]:
    """Return how a page proves the end of its list, if it does, and whether another follows.

    A page beyond the end (empty, or the last page served again) is neither. Raises TryLater
    `wrong_page` for another page than the one asked for.
    """
    if place is None:
        return ("the only page, without a pager" if position == 1 else None), False
    if place.current is None and rows:
        html.one(page, layout.selectors["pager"] + " " + layout.selectors["pager_current"])
    if place.current != position:
        if rows and not place.end:
            raise errors.TryLater(
                "wrong_page", f"page {place.current} came for page {position}", url=page.url
            )
        return None, False
    if place.end and not rows and position > 1:
        return None, False
    return place.end, place.end is None


def refuse_rowless(
    page: html.Page, layout: site.Layout, place: Place | None, selector: str
) -> NoReturn:
    """Raise PageChanged for a page with neither rows nor the site's word that there are none.

    `selector` is the layout's name for what a row is.
    """
    refuse_language(page, layout)
    if place and place.current and not place.end:
        raise no_rows(page, layout, selector)
    raise errors.PageChanged("format_unknown", url=page.url)


def no_rows(page: html.Page, layout: site.Layout, selector: str) -> errors.PageChanged:
    """Return the error of a page whose rows are not what the layout says."""
    looked_for = f"nothing on the page is a {selector} ({layout.selectors[selector]})"
    return errors.PageChanged(
        "list_empty_but_declared", f"{looked_for}, but more people are declared", url=page.url
    )


def refuse_language(page: html.Page, layout: site.Layout) -> None:
    """Raise PageChanged `unexpected_language` for a page in another language than its texts."""
    spoken = html.language(page)
    if spoken and not spoken.startswith(layout.selectors["language_text"]):
        raise errors.PageChanged(
            "unexpected_language", f"the page is in {spoken[:20]!r}", url=page.url
        )


def _first(nodes: list[html.Node], layout: site.Layout) -> html.Node | None:
    return next((node for node in nodes if not is_apart(node, layout)), None)


def _leads_nowhere(
    page: html.Page, layout: site.Layout, following: html.Node, pager: html.Node
) -> bool:
    ended = html.all_of(page, layout.selectors["pager_ended"], pager)
    if any(mark.mem_id == following.mem_id for mark in ended):
        return True
    address = following.attributes.get("href") or "#"
    return address.endswith("#")


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None
