"""Fetches made of fetches: each takes a Request and gives Payloads, whoever does the work."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from scraper import errors, payload

Fetch = Callable[[payload.Request], Awaitable[tuple[payload.Payload, ...]]]
"""The one seam for all reading: the answer first, then any captured ones."""

Turn = Callable[[], Awaitable[None]]
"""Waits until the account may ask its site for one more answer."""


def routed(ways: Mapping[str, Fetch]) -> Fetch:
    """Return a Fetch that hands each request to the way it names in `via`."""

    async def fetch(request: payload.Request) -> tuple[payload.Payload, ...]:
        way = ways.get(request.via)
        if way is None:
            raise errors.BadConfig(
                "bad_request", f"no way to fetch by {request.via!r} is open", url=request.url
            )
        return await way(request)

    return fetch


def paced(fetch: Fetch, turn: Turn) -> Fetch:
    """Return `fetch` behind the account's pace: every request waits for its turn."""

    async def fetch_in_turn(request: payload.Request) -> tuple[payload.Payload, ...]:
        await turn()
        return await fetch(request)

    return fetch_in_turn
