"""Of which months the site knows something of a model."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import msgspec

from models import records
from models.records import cbhours
from scraper import json, payload, site
from scraper.sites.cbhours import endpoints
from scraper.sites.cbhours.pages import trouble

Month = Annotated[str, msgspec.Meta(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")]
Months = Annotated[list[Month], msgspec.Meta(max_length=1200)]


def months(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read a model's months (`get_months`, a bare list, newest first, confidence A).

    Where the request says until when, all that the site knows of these months is asked for next.
    """
    if trouble.lacks_trophy(answer, layout):
        model = payload.context_text(answer.request, "model")
        return payload.Batch(records=trouble.no_trophy((model,), layout))
    found = [date.fromisoformat(f"{month}-01") for month in json.read(answer, Months)]
    model = payload.context_text(answer.request, "model")
    return payload.Batch(
        records=(
            *(cbhours.CbhoursMonth(username=model, month=month) for month in found),
            records.Polled(username=model, source=trouble.MONTHS),
        ),
        leads=_activity(answer, model, found, layout),
    )


def _activity(
    answer: payload.Payload, model: str, found: list[date], layout: site.Layout
) -> tuple[payload.Request, ...]:
    until = answer.request.context.get("until")
    if until is None:
        return ()
    return tuple(
        request
        for first, last in endpoints.spans(found, date.fromisoformat(str(until)))
        for request in endpoints.activity_between(layout, model, first, last)
    )
