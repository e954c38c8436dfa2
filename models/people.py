"""Write who was seen."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from models import bulk, moment, statements
from models.origin import Source


def seen(connection: Connection, source: Source, roles: Mapping[str, str]) -> dict[str, int]:
    """Write that these people were seen, where that says anything new; return the id of each."""
    if not roles:
        return {}
    at = moment.stored(source.seen_at, connection.dialect.name)
    ordered = dict(sorted(roles.items()))  # two writers who lock in one order cannot deadlock
    facts = (source.site, at, at, ordered)
    ids: dict[str, int] = dict(map(tuple, bulk.select(connection, statements.SEEN_PERSONS, *facts)))
    known = [name for name in roles if name not in ids]
    if known:
        ids |= map(tuple, bulk.select(connection, statements.PERSONS, source.site, known))
    return ids


def joined(known: str, stated: str) -> str:
    """Return the role of somebody known as one thing and stated to be another."""
    if stated in ("unknown", known):
        return known
    return stated if known == "unknown" else "both"
