"""Write acts: each once, with what the payloads that state it say together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

import msgspec
from sqlalchemy import Connection

from models import bulk, follow_acts, moment, people, records, siblings, statements, voices
from models.origin import Source

_IN_TURN = "SELECT pg_advisory_xact_lock(hashtext('interactions'))"


def write(connection: Connection, stated: Sequence[records.Interaction], source: Source) -> int:
    """Write acts; return how many were not there.

    Writers take turns, so that a later id is never visible before an earlier one: whoever has read
    up to an id has missed nothing before it.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_IN_TURN)
    streams: dict[tuple[str, str, str], list[records.Interaction]] = {}
    for place, run in groupby(stated, attrgetter("platform", "source", "room")):
        streams.setdefault(place, []).extend(run)
    new = 0
    written: list[siblings.Written] = []
    for (platform, name, room), acts in streams.items():
        there = msgspec.structs.replace(source, site=platform or source.site)
        stream = _stream(connection, there.site, (source.account_id, name, room))
        new += _acts(connection, there, stream, _distinct(acts), written)
    siblings.compare(connection, written)
    follow_acts.note(connection, written)
    return new


def _stream(connection: Connection, site: str, key: tuple[int, str, str]) -> int:
    """Return the id of the stream, which is made if it is not there."""
    found = bulk.select(connection, statements.STREAM, *key)
    if not found:
        statements.STREAMS(connection, [(*key, *voices.place(site, key[1], key[2]))])
        found = bulk.select(connection, statements.STREAM, *key)
    return int(found[0][0])


def _acts(
    connection: Connection,
    source: Source,
    stream: int,
    acts: Mapping[str, records.Interaction],
    written: list[siblings.Written],
) -> int:
    """Write the acts that are not there or that say more; return how many were not there.

    What is written is added to `written`.
    """
    found = bulk.select(connection, statements.KNOWN_INTERACTIONS, stream, list(acts))
    known = {row[0]: row for row in found}
    new, fuller = [], []
    seen: dict[str | None, str] = {}
    for key, act in acts.items():
        before = known.get(key)
        if before is None:
            new.append(act)
        elif _says_more(act, source.payload_id, before):
            fuller.append(act)
        elif before[1] == source.payload_id:
            continue  # this payload has stated it before, and was counted as a sight then
        seen[act.username] = "unknown"
    named = {name: seen[name] for name in seen if name is not None}
    ids = people.seen(connection, source, named)
    origin = (connection.dialect.name, stream, source.payload_id)
    statements.INTERACTIONS(connection, _rows(new, ids, origin))
    statements.FULLER_INTERACTIONS(connection, _rows(fuller, ids, origin))
    written += (
        siblings.Written(stream=stream, key=act.key, at=act.at, kind=act.kind, tokens=act.tokens)
        for act in (*new, *fuller)
    )
    return len(new)


def _rows(
    acts: Sequence[records.Interaction], ids: Mapping[str, int], origin: tuple[str, int, int]
) -> list[bulk.Row]:
    dialect, stream, payload = origin
    truth = int if dialect == "sqlite" else bool  # its driver is slow to take a bool
    rows = []
    for act in acts:
        at, private = moment.stored(act.at, dialect), truth(act.private)
        who = None if act.username is None else ids[act.username]
        rows.append((stream, act.key, at, act.kind, who, act.tokens, act.text, private, payload))
    return rows


def _says_more(act: records.Interaction, payload: int, known: Sequence[Any]) -> bool:
    _, source, nobody, no_tokens, no_text = known
    return (
        payload < source
        or (nobody and act.username is not None)
        or (no_tokens and act.tokens is not None)
        or (no_text and act.text is not None)
    )


def _distinct(acts: Sequence[records.Interaction]) -> dict[str, records.Interaction]:
    """Return the acts by key; what the first of several leaves out, a later one fills in."""
    distinct = {act.key: act for act in acts}
    if len(distinct) < len(acts):
        for act in reversed(acts):
            later = distinct[act.key]
            distinct[act.key] = msgspec.structs.replace(
                act,
                username=later.username if act.username is None else act.username,
                tokens=later.tokens if act.tokens is None else act.tokens,
                text=later.text if act.text is None else act.text,
            )
    return distinct
