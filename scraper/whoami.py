"""Who the site says is signed in: one question, and what its answer must show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from models import records
from scraper import errors, payload, site

if TYPE_CHECKING:
    from scraper.fetch import tab

OWN_NAME = "logged_in_user.username"
"""The Check that carries who is signed in."""


def question(where: site.Site, layout: site.Layout, username: str) -> payload.Request:
    """Return the request whose answer must name `username` and nobody else."""
    request = where.whoami(layout)
    return msgspec.structs.replace(request, context=request.context | {"username": username})


def answered(where: site.Site, layout: site.Layout, answer: payload.Payload) -> bool:
    """Tell whether an answer names the user that its question is about.

    Raises as the site's guard and parser do: NeedsOperator `wrong_user`, SignInAgain, PageChanged.
    """
    where.guard(answer, layout)
    stated = where.parsers[answer.request.kind](answer, layout).records
    return any(isinstance(one, records.Check) and one.source == OWN_NAME for one in stated)


async def prove(open_tab: tab.Tab, where: site.Site, layout: site.Layout, username: str) -> None:
    """Ask the site who is signed in. Raises as `answered`, and NeedsOperator `sign_in_unclear`."""
    (answer, *_) = await open_tab.fetch(question(where, layout, username))
    if not answered(where, layout, answer):
        raise errors.NeedsOperator("sign_in_unclear", url=answer.url)
