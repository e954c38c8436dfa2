"""Answer a site's second factor in a tab: one code, sent once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scraper import errors, html, payload, refusals, site

if TYPE_CHECKING:
    from scraper.fetch import tab

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


def _asks(shown: payload.Payload, layout: site.Layout) -> bool:
    refusals.heed(shown, layout.selectors)
    found = html.maybe(html.read(shown), layout.selectors["second_factor_field"])
    return found is not None
