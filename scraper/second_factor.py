"""Answer a site's second factor in a tab: one code, sent once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models import records
from scraper import errors, html, payload, refusals, site

if TYPE_CHECKING:
    from scraper.fetch import tab

OWN_NAME = "logged_in_user.username"
"""The Check that carries who is signed in."""

WAITING = frozenset({"second_factor", "second_factor_wrong", "answer_command_failed"})
"""Codes of a sign-in that waits for its second half."""


async def answer(open_tab: tab.Tab, code: str, layout: site.Layout, url: str | None = None) -> None:
    """Send a code by the form that the tab shows, or that `url` does; return once it is taken.

    Raises NeedsOperator: `second_factor_expired` where `url` asks for none any more,
    `second_factor_wrong`, `challenge`; TryLater; PageChanged where the form is not as the layout
    has it.
    """
    if url is not None:
        shown = await open_tab.open(url)
        if not _asks(shown, layout):
            raise errors.NeedsOperator("second_factor_expired", url=shown.url)
    await open_tab.fill(layout.selectors["second_factor_field"], code)
    after = await open_tab.submit(layout.selectors["second_factor_submit"])
    if _asks(after, layout):
        raise errors.NeedsOperator("second_factor_wrong", url=after.url)


async def prove(open_tab: tab.Tab, where: site.Site, layout: site.Layout, username: str) -> None:
    """Ask the site who is signed in. Raises NeedsOperator `wrong_user`, and as the site's guard."""
    request = where.whoami(layout)
    named = ""
    for answered in await open_tab.fetch(request):
        where.guard(answered, layout)
        for record in where.parsers[request.kind](answered, layout).records:
            if isinstance(record, records.Check) and record.source == OWN_NAME:
                named = record.value
    if named != username.lower():
        told = f"signed in as {named}, not {username}" if named else ""
        code = "wrong_user" if named else "sign_in_unclear"
        raise errors.NeedsOperator(code, told, url=request.url)


def _asks(shown: payload.Payload, layout: site.Layout) -> bool:
    refusals.heed(shown, layout.selectors)
    found = html.maybe(html.read(shown), layout.selectors["second_factor_field"])
    return found is not None
