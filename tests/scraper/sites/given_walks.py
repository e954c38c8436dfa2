"""A walk from a collector's first requests to its last, by plain HTTP through a practice site."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import httpx
import msgspec

from fixtures.practice import client
from models import records
from scraper import payload, site
from scraper.fetch import answers

NOW = datetime(2026, 11, 21, tzinfo=UTC)
TOKENS: Mapping[str, str] = {
    "campaign": client.CAMPAIGN,
    "stats": client.API_TOKEN,
    "api": client.API_TOKEN,
    "events": client.API_TOKEN,
}


def errand(*people: str, **facts: object) -> site.Errand:
    known = {"username": client.USERNAME, "people": people, "now": NOW} | facts
    return site.Errand(**known)  # type: ignore[arg-type]


def walk(
    where: site.Site, collector: str, wanted: site.Errand, base: str, web: httpx.Client
) -> list[records.Record]:
    """Return everything that is stated on the way."""
    return [one for batch in _walked(where, collector, wanted, base, web) for one in batch]


def batches(where: site.Site, collector: str, base: str) -> list[tuple[records.Record, ...]]:
    """Return what each answer of a walk states."""
    with httpx.Client(trust_env=False) as web:
        return list(_walked(where, collector, errand(), base, web))


def _walked(
    where: site.Site, collector: str, wanted: site.Errand, base: str, web: httpx.Client
) -> Iterator[tuple[records.Record, ...]]:
    layout = msgspec.structs.replace(where.layout, base_url=base)
    leads = list(where.collectors[collector].start(wanted, layout))
    while leads:
        answer = fetched(leads.pop(0), web)
        where.guard(answer, layout)
        batch = where.parsers[answer.request.kind](answer, layout)
        yield batch.records
        leads[:0] = batch.leads


def fetched(request: payload.Request, web: httpx.Client) -> payload.Payload:
    secret = {place: text.format_map(TOKENS) for place, text in request.secrets.items()}
    query = {place[6:]: text for place, text in secret.items() if place.startswith("query:")}
    path = {place[5:]: text for place, text in secret.items() if place.startswith("path:")}
    url = functools.reduce(lambda at, name: at.replace(f":{name}", path[name]), path, request.url)
    came = web.request(
        request.method,
        httpx.URL(url).copy_merge_params(query),
        headers=request.headers,
        follow_redirects=True,
    )
    return answers.answer(
        request,
        url=str(came.url),
        status=came.status_code,
        headers=came.headers,
        body=functools.reduce(_hidden, path.values(), came.content),
    )


def _hidden(body: bytes, secret: str) -> bytes:
    return body.replace(secret.encode(), b"***")


def facts(record: records.Record, *without: str) -> dict[str, object]:
    """Return what a record says, lists as lists; without who, where, and these fields."""
    said = msgspec.to_builtins(record)
    left = {"type", "username", "platform", *without}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in said.items()
        if name not in left
    }


def polled(stated: list[records.Record], source: str) -> dict[str, tuple[str, float]]:
    """Return who was asked about at a source -> outcome and rest."""
    return {
        one.username: (one.outcome, one.rest)
        for one in stated
        if isinstance(one, records.Polled) and one.source == source
    }
