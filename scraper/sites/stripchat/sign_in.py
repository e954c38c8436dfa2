"""Nobody but the operator signs in to Stripchat: its sign-in is never driven."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scraper import errors, site

if TYPE_CHECKING:
    from scraper.fetch import tab


async def sign_in(_tab: tab.Tab, _credentials: site.Credentials, layout: site.Layout) -> None:
    """Raise NeedsOperator `window_needed`."""
    raise errors.NeedsOperator("window_needed", url=layout.url("sign_in"))
