"""Whether the token is good."""

from __future__ import annotations

import msgspec

from models import records
from scraper import errors, json, payload, site

SOURCE = "subscription.is_active"


class _Subscription(msgspec.Struct, frozen=True):
    is_active: bool


class _Me(msgspec.Struct, frozen=True):
    subscription: _Subscription


def token_check(answer: payload.Payload, _layout: site.Layout) -> payload.Batch:
    """Read whether the token's subscription is active (confidence M). Raises NeedsOperator."""
    if not json.read(answer, _Me, strict=False).subscription.is_active:
        raise errors.NeedsOperator(
            "token_refused", "the token's subscription is not active", url=answer.url
        )
    moment = payload.context_text(answer.request, "moment")
    return payload.Batch(records=(records.Check(source=SOURCE, moment=moment, value="true"),))
