"""Recognise answers of a relay that are no feed, before its parsers see them."""

from __future__ import annotations

from scraper import payload, refusals, site


def guard(answer: payload.Payload, layout: site.Layout) -> None:
    """Raise for a throttle, challenge, server error or refusal."""
    refusals.heed(answer, layout.selectors)
    refusals.refuse(answer)
