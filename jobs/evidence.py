"""Payloads in and out of the archive."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection

from models import archive
from scraper import errors, payload


def put(connection: Connection, run_id: int, answer: payload.Payload) -> int:
    """Archive an answer; return its payload's id."""
    return archive.put(
        connection,
        run_id=run_id,
        kind=answer.request.kind,
        url=answer.url,
        status=answer.status,
        headers=answer.headers,
        request_json=msgspec.json.encode(answer.request).decode(),
        body=answer.body,
        fetched_at=answer.fetched_at,
    )


def stored(connection: Connection, payload_id: int) -> payload.Payload:
    """Return an archived payload. Raises BadConfig when there is none of that number."""
    try:
        kept = archive.get(connection, payload_id)
    except LookupError:
        raise errors.BadConfig("bad_request", f"there is no payload {payload_id}") from None
    return payload.Payload(
        request=msgspec.json.decode(kept.request_json, type=payload.Request),
        url=kept.url,
        status=kept.status,
        body=kept.body,
        fetched_at=kept.fetched_at,
        headers=kept.headers,
    )
