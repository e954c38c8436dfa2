"""The archive: every answer as it came, kept before it is read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime

import msgspec
import zstandard
from sqlalchemy import Connection, insert, select

from models import bulk, db

LEVEL = 3
CHUNK = 500
PAYLOADS = bulk.TABLES["payloads"]
BODIES = bulk.TABLES["payload_bodies"]
_NEW_BODY = bulk.Upsert(
    "payload_bodies",
    ("sha256", "size", "body"),
    """ON CONFLICT (sha256) DO UPDATE SET body = excluded.body, pruned_at = NULL
        WHERE payload_bodies.pruned_at IS NOT NULL""",
)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back for one request; `request` is the request as JSON, without secrets."""

    kind: str
    url: str
    status: int
    headers: dict[str, str]
    request: str
    body: bytes
    fetched_at: datetime


class Archived(Answer, frozen=True, kw_only=True):
    """An answer as it stands in the archive, under its payload's `id`."""

    id: int
    run_id: int
    sha256: str


class Missing(LookupError):
    """The archive has no payload of this id, or not its body any more."""


def put(connection: Connection, run_id: int, answer: Answer) -> int:
    """Archive an answer and return its payload's id; a body known by its hash is not kept twice."""
    sha256 = hashlib.sha256(answer.body).hexdigest()
    kept = select(BODIES.c.size).where(BODIES.c.sha256 == sha256, BODIES.c.pruned_at.is_(None))
    if not connection.execute(kept).first():
        body = zstandard.ZstdCompressor(level=LEVEL).compress(answer.body)
        _NEW_BODY(connection, [(sha256, len(answer.body), body)])
    facts = {name: getattr(answer, name) for name in Answer.__struct_fields__ if name != "body"}
    facts |= {"run_id": run_id, "sha256": sha256, "url": bulk.storable(answer.url)}
    added = connection.execute(insert(PAYLOADS).returning(PAYLOADS.c.id), facts)
    return int(added.scalar_one())


def get(connection: Connection, payload_id: int) -> Archived:
    """Return a payload with its body.

    Raises `Missing`, and `Unusable` (`database_damaged`) for a body that is not what was kept.
    """
    query = (
        select(PAYLOADS, BODIES.c.body, BODIES.c.pruned_at)
        .join(BODIES)
        .where(PAYLOADS.c.id == payload_id)
    )
    row = connection.execute(query).mappings().first()
    if row is None:
        raise Missing(f"there is no payload {payload_id}")
    if row["pruned_at"] is not None:
        raise Missing(f"the body of payload {payload_id} was pruned")
    facts = {name: row[name] for name in Archived.__struct_fields__ if name != "body"}
    return Archived(**facts | {"body": _opened(payload_id, row["body"], row["sha256"])})


def find(
    connection: Connection, kind: str | None = None, run_id: int | None = None
) -> Iterator[int]:
    """Yield the ids of payloads, oldest first, of one kind or one run where these are given.

    Those whose bodies were pruned are left out.
    """
    query = select(PAYLOADS.c.id).join(BODIES).where(BODIES.c.pruned_at.is_(None))
    query = query.order_by(PAYLOADS.c.id).limit(CHUNK)
    if kind is not None:
        query = query.where(PAYLOADS.c.kind == kind)
    if run_id is not None:
        query = query.where(PAYLOADS.c.run_id == run_id)
    last = 0
    while found := connection.execute(query.where(PAYLOADS.c.id > last)).scalars().all():
        yield from found
        last = found[-1]


def _opened(payload_id: int, packed: bytes, sha256: str) -> bytes:
    try:
        body: bytes = zstandard.ZstdDecompressor().decompress(packed)
    except zstandard.ZstdError:
        body = b""
    if hashlib.sha256(body).hexdigest() != sha256:
        raise db.Unusable("database_damaged", f"the body of payload {payload_id} is damaged")
    return body
