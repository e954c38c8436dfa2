"""Which page of a list follows, by what the answer says of itself (`meta.pagination`)."""

from __future__ import annotations

import hashlib

from scraper import errors, payload, site
from scraper.sites.statbate import endpoints
from scraper.sites.statbate.pages import answers


def page(
    answer: payload.Payload,
    layout: site.Layout,
    known: answers.Pagination,
    rows: int,
    at_most: int | None = None,
) -> tuple[payload.Request, ...]:
    """Return the request of the next page, if there is one and not `at_most` so many were read.

    Where nothing is said of pages, a full one is followed, unless it is the one before again: a
    site that takes no page answers alike whatever is asked. Raises TryLater `wrong_page`.
    """
    number = payload.context_number(answer.request, "page")
    if known.current_page not in {None, number}:
        raise errors.TryLater(
            "wrong_page", f"page {known.current_page} came for page {number}", url=answer.url
        )
    context = dict(answer.request.context)
    if known.last_page is not None:
        more = bool(rows) and number < known.last_page
    else:
        mark = digest(answer)
        more = rows == layout.sizes["page"] and context.get("was") != mark
        context["was"] = mark
    if not more or number == at_most:
        return ()
    return (endpoints.ask(layout, answer.request.kind, context | {"page": number + 1}),)


def digest(answer: payload.Payload) -> str:
    """Return a mark by which the same answer is known again."""
    return hashlib.sha256(answer.body).hexdigest()[:16]
