"""Payloads in and out of the archive."""

from __future__ import annotations

import msgspec

from models import archive, db, runs
from scraper import errors, payload


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """An archived payload, and the run and account it was read for."""

    id: int
    run: runs.Run
    account: runs.Account
    answer: payload.Payload


def put(connection: db.Connection, run_id: int, answer: payload.Payload) -> int:
    """Archive an answer; return its payload's id."""
    kept = archive.Answer(
        kind=answer.request.kind,
        url=answer.url,
        status=answer.status,
        headers=answer.headers,
        request=msgspec.json.encode(answer.request).decode(),
        body=answer.body,
        fetched_at=answer.fetched_at,
    )
    return archive.put(connection, run_id, kept)


def get(connection: db.Connection, payload_id: int) -> Kept:
    """Return an archived payload. Raises BadConfig when there is none of that number."""
    try:
        kept = archive.get(connection, payload_id)
    except archive.Missing:
        raise errors.BadConfig("bad_request", f"there is no payload {payload_id}") from None
    run = runs.get(connection, kept.run_id)
    answer = payload.Payload(
        request=msgspec.json.decode(kept.request, type=payload.Request),
        url=kept.url,
        status=kept.status,
        body=kept.body,
        fetched_at=kept.fetched_at,
        headers=kept.headers,
    )
    account = runs.account_of(connection, run.account_id)
    return Kept(id=kept.id, run=run, account=account, answer=answer)
