"""Recognise answers of CBHours that say nothing of a model, before parsers see them."""

from __future__ import annotations

from scraper import errors, payload, refusals, site
from scraper.sites.cbhours.pages import trouble


def guard(answer: payload.Payload, layout: site.Layout) -> None:
    """Raise for a throttle, the temporary block, a challenge, a server error, any other refusal.

    The block comes to whoever asks more than once a second; in which form is not published.
    """
    refusals.heed(answer, layout.selectors)
    if not answer.body.lstrip().startswith((b"{", b"[")):
        said = answer.body[:4096].decode("utf-8", "replace")
        if trouble.is_block(said, layout):
            raise errors.TryLater(
                "throttled", url=answer.url, retry_after=refusals.retry_after(answer)
            )
    refusals.refuse(answer)
