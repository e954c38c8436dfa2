"""The followers page: tolerant in reading, strict in concluding.

Its real markup is published nowhere. Rows are profile links in any of the site's spellings. A page
that shows neither rows nor the site's own word that there are none is refused, never taken for an
empty list.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from models import records
from scraper import errors, html, json, payload, site
from scraper.sites.chaturbate import endpoints
from scraper.sites.chaturbate.pages import identity, names, pager

_MARKS = "[data-room], [data-slug], a[href]"


class Bio(msgspec.Struct, frozen=True):
    """The one field of `biocontext` that is kept (confidence B)."""

    follower_count: identity.Count


def biocontext(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read how many followers the site counts for the account."""
    del layout
    count = json.read(answer, Bio).follower_count
    moment = payload.context_text(answer.request, "moment")
    check = records.Check(source="biocontext.follower_count", moment=moment, value=str(count))
    return payload.Batch(records=(check,))


def followers_html(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read one page of the account's followers (markup unknown; paging confidence A)."""
    page = html.read(answer, layout.selectors["page_end_text"])
    lists = html.all_of(page, layout.selectors["followers_list"])
    rows = [
        row
        for found in lists
        for row in html.all_of(page, layout.selectors["followers_row"], found)
    ]
    usernames = _usernames(page, layout, lists, rows)
    place = pager.place(page, layout)
    position = pager.standing(answer, place)[1]
    beyond = bool(lists) and position > 1
    if not rows and not beyond and not html.maybe(page, layout.selectors["no_results"]):
        pager.refuse_rowless(page, layout, place if lists else None, "followers_row")
    end, goes_on = pager.verdict(page, layout, place, position, len(rows))
    named = len(usernames)  # a page of nobody but vanished accounts repeats nothing
    stated = records.ListPage(part="all", position=position, step=1, rows=named, end=end)
    said = identity.checks(page, layout, f"all:{position}")
    people = (records.Member(username=name) for name in dict.fromkeys(usernames))
    return payload.Batch(
        records=(stated, *said, *people),
        leads=(endpoints.followers(layout, position + 1),) if goes_on else (),
    )


def _usernames(
    page: html.Page, layout: site.Layout, lists: list[html.Node], rows: list[html.Node]
) -> list[str]:
    """Return who stands in the rows. A vanished account, which the site calls "None", has no name.

    Raises PageChanged for a row that names nobody and does not say so.
    """
    left = html.by_place(rows)
    found = []
    for mark in (mark for one in lists for mark in html.all_of(page, _MARKS, one)):
        name = _named(mark.attributes, page.url)
        row = html.around(mark, left) if name else None
        if name and row:
            del left[row.mem_id]
            found.append(name)
    for row in left.values():
        text = row.text(strip=True)
        if text != layout.selectors["vanished_text"]:
            raise errors.PageChanged(
                "selector_missing", f"a row names nobody: {text[:80]!r}", url=page.url
            )
    return found


def _named(marks: Mapping[str, str | None], url: str) -> str | None:
    own = marks.get("data-room") or marks.get("data-slug")
    return names.username(own, url) if own else names.of_link(marks.get("href"))
