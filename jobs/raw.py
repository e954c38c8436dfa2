"""Raw answers: fetch one as an account, parse an archived one again, reread the archive."""

from __future__ import annotations

import asyncio
import sys
from typing import Any
from urllib import parse

import msgspec

from jobs import evidence, orders, run, settings
from models import apply, archive, db, records, runs
from scraper import errors, payload, redact
from scraper.sites import register

FETCH = "fetch"
"""Stands where the errand's name would, for a raw fetch."""

_TIMELESS = (records.ListPage, records.Check, records.Cursor, records.Level)
"""Records that belong to the moment of their walk; reading again must not claim them anew."""


class Reparsed(msgspec.Struct, kw_only=True):
    """What reading the archive again came to; `refused` counts payloads by error code."""

    payloads: int = 0
    records: int = 0
    new: int = 0
    refused: dict[str, int] = {}


def fetch(
    chosen: settings.Settings, runtime: run.Runtime, account: str, url: str
) -> tuple[int, payload.Payload]:
    """Return the answer to `url` (an address or path of the site), and its payload's number.

    Archived as a run of its own, which applies nothing. Raises whatever fetching raises, and
    BadConfig for an address of another site.
    """
    with runtime.database.write() as connection:
        who = orders.account(connection, chosen, account)
        whole = _of_the_site(url, runtime.layout(who.site).base_url)
        order = runs.Order(
            account_id=who.id,
            collector=f"{who.site}.{FETCH}",
            requested_by="cli",
            version=run.version(),
        )
        started = runs.begin(connection, runs.create(connection, order))
    request = payload.Request(url=whole, kind=FETCH)
    try:
        answer = asyncio.run(_visited(runtime, who, request))
    except BaseException as error:
        with runtime.database.write() as connection:
            runs.progress(connection, started, _end(error))
        raise
    with runtime.database.write() as connection:
        payload_id = evidence.put(connection, started.id, answer)
        runs.progress(connection, started, runs.add(pages=1) | {"status": "ok"})
    return payload_id, answer


def _of_the_site(url: str, base_url: str) -> str:
    """Return the whole address of a path or address of the site. Raises BadConfig for others."""
    whole = parse.urljoin(base_url, url)
    if parse.urlsplit(whole)[:2] != parse.urlsplit(base_url)[:2]:
        raise errors.BadConfig("bad_request", f"{redact.url(whole)} is no address of {base_url}")
    return whole


def _end(error: BaseException) -> dict[str, Any]:
    """Return what the row of a run says that an error ended."""
    if not isinstance(error, Exception):
        return {"status": "cancelled"}
    if not isinstance(error, errors.GreenroomError):
        error = errors.GreenroomError("internal", type(error).__name__)
    told = {"code": error.code, "message": error.message, "url": error.url}
    return {"status": run.STATUS.get(type(error), "failed"), "errors": [told]}


async def _visited(
    runtime: run.Runtime, account: runs.Account, request: payload.Request
) -> payload.Payload:
    async with runtime.visit(account) as visit:
        if not visit.restored:
            await visit.sign_in()
        return (await visit.fetch(request))[0]


def write(payload_id: int, answer: payload.Payload) -> None:
    """Write the answer's bytes to standard output; its status, place and number to the other."""
    about = f"{answer.status} {answer.url} (payload {payload_id})"
    print(about, file=sys.stderr)  # noqa: T201 - the command's answer
    sys.stdout.buffer.write(answer.body)
    sys.stdout.flush()


def read(chosen: settings.Settings, site_name: str, answer: payload.Payload) -> payload.Batch:
    """Return what today's parser reads from an answer. Raises as parsers do."""
    site = register.SITES[site_name]
    layout = settings.layout(chosen, site_name)
    if answer.request.kind not in site.parsers:
        raise errors.BadConfig(
            "bad_request", f"no parser of {site_name} reads an answer of kind {answer.request.kind}"
        )
    site.guard(answer, layout)
    return site.parsers[answer.request.kind](answer, layout)


def parsed(chosen: settings.Settings, database: db.Database, payload_id: int) -> str:
    """Return what today's parser reads from an archived payload, as JSON text."""
    with database.read() as connection:
        kept = evidence.get(connection, payload_id)
    batch = read(chosen, kept.account.site, kept.answer)
    return msgspec.json.format(msgspec.json.encode(batch), indent=2).decode()


def reparse(chosen: settings.Settings, database: db.Database, kind: str | None) -> Reparsed:
    """Read every archived payload (of a kind) again and apply what it states.

    People and interactions are applied; what was proved about lists at the time stays as it was.
    Raises BadConfig for a kind that no parser reads.
    """
    known = sorted({name for site in register.SITES.values() for name in site.parsers})
    if kind is not None and kind not in known:
        raise errors.BadConfig("bad_request", f"no kind {kind}; there are {', '.join(known)}")
    done = Reparsed()
    with database.read() as connection:
        ids = list(archive.find(connection, kind=kind))
    for payload_id in ids:
        with database.write() as connection:
            _again(chosen, connection, payload_id, done)
    return done


def _again(
    chosen: settings.Settings, connection: db.Connection, payload_id: int, done: Reparsed
) -> None:
    kept = evidence.get(connection, payload_id)
    if kept.answer.request.kind not in register.SITES[kept.account.site].parsers:
        return
    done.payloads += 1
    try:
        batch = read(chosen, kept.account.site, kept.answer)
    except errors.GreenroomError as error:
        done.refused[error.code] = done.refused.get(error.code, 0) + 1
        return
    lasting = [record for record in batch.records if not isinstance(record, _TIMELESS)]
    source = apply.Source(
        account_id=kept.account.id,
        site=kept.account.site,
        run_id=kept.run.id,
        payload_id=payload_id,
        collector=kept.run.collector,
        target=kept.run.target,
        seen_at=kept.answer.fetched_at,
    )
    counts = apply.apply(connection, lasting, source)
    done.records += counts.records
    done.new += counts.new
