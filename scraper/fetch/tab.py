"""What a sign-in or a fetch may ask of a browser tab, whoever drives the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from scraper import payload


class Tab(Protocol):
    """One page of a signed-in or signing-in browser. Every call ends by its own deadline."""

    async def open(self, url: str) -> payload.Payload:
        """Navigate to `url`; return the document as it stands after DOMContentLoaded.

        Raises TryLater (`connection_lost`, `timed_out`, `browser_lost`).
        """
        ...

    async def fill(self, selector: str, text: str) -> None:
        """Type `text` into the field that `selector` names.

        Raises PageChanged (`selector_missing`).
        """
        ...

    async def submit(self, selector: str) -> payload.Payload:
        """Press `selector`, wait for the page that follows, and return its document."""
        ...

    async def fetch(self, request: payload.Request) -> tuple[payload.Payload, ...]:
        """Answer a request in this tab: the answer first, then any captured XHR answers."""
        ...
