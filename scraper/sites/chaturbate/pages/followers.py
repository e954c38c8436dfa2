"""The followers page: tolerant in reading, strict in concluding.

Its real markup is published nowhere. Rows are profile links in any of the site's spellings. A page
that shows neither rows nor the site's own word that there are none is refused, never taken for an
empty list.
"""

from __future__ import annotations

import msgspec

from models import records
from scraper import errors, html, json, payload, site
from scraper.sites.chaturbate import endpoints
from scraper.sites.chaturbate.pages import identity, names, pager


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
    usernames = [name for row in rows if (name := _username(page, layout, row))]
    place = pager.place(page, layout)
    position = pager.standing(answer, place)[1]
    beyond = bool(lists) and position > 1
    if not rows and not beyond and not html.maybe(page, layout.selectors["no_results"]):
        pager.refuse_rowless(page, layout, place)
    end, goes_on = pager.verdict(page, layout, place, position, len(rows))
    stated = records.ListPage(part="all", position=position, step=1, rows=len(rows), end=end)
    said = identity.checks(page, layout, f"all:{position}")
    people = (records.Member(username=name) for name in dict.fromkeys(usernames))
    return payload.Batch(
        records=(stated, *said, *people),
        leads=(endpoints.followers(layout, position + 1),) if goes_on else (),
    )


def _username(page: html.Page, layout: site.Layout, row: html.Node) -> str | None:
    """Return who stands in a row; None for a vanished account, which the site calls "None"."""
    own = row.attributes
    named = own.get("data-room") or own.get("data-slug")
    if named:
        return names.username(named, page.url)
    for link in html.all_of(page, "[data-room], [data-slug], a[href]", row):
        marks = link.attributes
        named = marks.get("data-room") or marks.get("data-slug") or names.of_link(marks.get("href"))
        if named:
            return names.username(named, page.url)
    if row.text(strip=True) == layout.selectors["vanished_text"]:
        return None
    raise errors.PageChanged(
        "selector_missing",
        f"a row of the followers names nobody: {row.text(strip=True)[:80]!r}",
        url=page.url,
    )
