"""Walks through Statbate's practice site with a plain client, from a collector's first requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx
import msgspec

from fixtures.practice import client
from models import records
from scraper import payload, site
from scraper.sites import register

SITE = register.SITES["statbate"]
SHOWN = ("content-type", "retry-after")

_T = TypeVar("_T")


def layout(practice: client.Practice, **sizes: int) -> site.Layout:
    return msgspec.structs.replace(
        SITE.layout, base_url=practice.statbate, sizes={**SITE.layout.sizes, **sizes}
    )


def errand(practice: client.Practice, **facts: Any) -> site.Errand:
    now = datetime.fromtimestamp(practice.status()["options"]["now"], UTC)
    return site.Errand(**{"username": client.USERNAME, "now": now, **facts})


def open_web() -> httpx.Client:
    return httpx.Client(trust_env=False, timeout=10, follow_redirects=True)


def fetch(
    web: httpx.Client, request: payload.Request, token: str = client.API_TOKEN
) -> payload.Payload:
    """Fetch as the product does: secrets are filled in as the request leaves."""
    secrets = {
        where.removeprefix("header:"): text.format(api=token)
        for where, text in request.secrets.items()
    }
    body = request.json_body.encode() if request.json_body else None
    kind = {"Content-Type": "application/json"} if body else {}
    came = web.request(
        request.method, request.url, content=body, headers={**request.headers, **secrets, **kind}
    )
    return payload.Payload(
        request=request,
        url=str(came.url),
        status=came.status_code,
        body=came.content,
        fetched_at=datetime.now(UTC),
        headers={name: came.headers[name] for name in SHOWN if name in came.headers},
    )


def walk(
    practice: client.Practice,
    collector: str,
    sizes: Mapping[str, int] | None = None,
    **facts: Any,
) -> Iterator[tuple[payload.Payload, payload.Batch]]:
    """Yield every answer of an errand and what it states, in the order of the product."""
    where = layout(practice, **(sizes or {}))
    leads = list(SITE.collectors[collector].start(errand(practice, **facts), where))
    with open_web() as web:
        while leads:
            came = fetch(web, leads.pop(0))
            SITE.guard(came, where)
            batch = SITE.parsers[came.request.kind](came, where)
            leads = [*batch.leads, *leads]
            yield came, batch


def stated(
    practice: client.Practice,
    collector: str,
    sizes: Mapping[str, int] | None = None,
    **facts: Any,
) -> list[records.Record]:
    """Return all that an errand states."""
    steps = walk(practice, collector, sizes, **facts)
    return [record for _, batch in steps for record in batch.records]


def only(kind: type[_T], said: list[records.Record]) -> list[_T]:
    return [record for record in said if isinstance(record, kind)]
