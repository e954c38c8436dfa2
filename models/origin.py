"""Where the records of one payload come from."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where records come from. `listing_id` is None outside the walk of a list.

    `site` is whose people the records name. Of answers that show everybody on a site, only who is
    tracked is kept (`tracked_only`).
    """

    account_id: int
    site: str
    run_id: int
    payload_id: int
    collector: str
    seen_at: datetime
    listing_id: int | None = None
    target: str | None = None
    tracked_only: bool = False
