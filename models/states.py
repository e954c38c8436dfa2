"""The best that is known of each person: every field from the source that is to be believed.

`ORDER` names the sources of a field, best first. A better source's word holds until a worse one is
fresher by a head start for each place between them: minutes for what changes while somebody
broadcasts, a day for everything else. So the winner follows from the statements alone, whatever
the order they came in. Whether somebody is live also depends on the present: `show` is therefore
kept for each source apart, and `v_person_current_state` decides.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from sqlalchemy import BigInteger, Connection
from sqlmodel import Field, SQLModel

from models import bulk, moment, records, sources
from models.moment import Moment
from models.origin import Source
from models.tables import BigId

LIVE_HEAD_START = timedelta(minutes=5)
HEAD_START = timedelta(days=1)

_LIVE = ("affiliate", "cbhours", "room", "stripchat", "camsoda")

ORDER: Mapping[str, tuple[str, ...]] = {
    "display_name": ("affiliate", "camsoda"),
    "gender": ("affiliate", "cbhours", "profile", "room", "stripchat", "camsoda", "statbate"),
    "age": ("affiliate", "profile", "room"),
    "birthday": ("affiliate", "profile"),
    "country": ("affiliate", "stripchat"),
    "location": ("affiliate", "profile"),
    "languages": ("affiliate", "profile", "stripchat"),
    "last_broadcast": ("stats", "profile"),
    "subject": _LIVE,
    "viewers": ("stats", *_LIVE),
    "image_url": ("affiliate", "stripchat", "camsoda"),
    "tags": ("affiliate", "cbhours", "camsoda"),
    "followers": ("cbhours", "affiliate", "stats", "profile", "stripchat", "camsoda"),
    "rank": ("cbhours",),
    "gender_rank": ("cbhours",),
    "affiliate_show": ("affiliate",),
    "cbhours_show": ("cbhours",),
    "other_show": ("stats", "room", "profile", "stripchat", "camsoda"),
}
"""Field -> its sources, best first. The table in docs/data.md is this one."""

LIVE_FIELDS = frozenset({"subject", "viewers", "other_show", "image_url"})
SORTED = frozenset({"viewers", "followers", "rank", "gender_rank"})
"""The fields that people are put in order by."""


def _model() -> type[SQLModel]:
    """Make the table's class: for each field its value, its source and when that said so."""
    columns: dict[str, tuple[Any, Any]] = {
        "person_id": (int, Field(foreign_key="persons.id", sa_type=BigId, primary_key=True))
    }
    for name in ORDER:
        plain = int if name in {"age", *SORTED} else str
        kind: dict[str, Any] = {"sa_type": BigInteger} if plain is int else {}
        columns[name] = plain | None, Field(default=None, index=name in SORTED, **kind)
        columns[f"{name}_source"] = str | None, Field(default=None)
        columns[f"{name}_at"] = datetime | None, Field(default=None, sa_type=Moment)

    def body(space: dict[str, Any]) -> None:
        space["__tablename__"] = "person_states"
        space["__doc__"] = "The best known value of every field of a person, its source and time."
        space["__module__"] = __name__
        space["__annotations__"] = {name: hint for name, (hint, _) in columns.items()}
        space.update({name: field for name, (_, field) in columns.items()})

    model: type[SQLModel] = types.new_class("PersonState", (SQLModel,), {"table": True}, body)
    return model


TABLE = _model()


@functools.cache
def stated(kind: type[records.Snapshot]) -> Mapping[str, str]:
    """Return the fields of the state that a kind of snapshot states -> its own names of them."""
    own = sources.shape(kind).values
    return {
        name: "show" if name.endswith("_show") else name
        for name, order in ORDER.items()
        if kind.source in order and ("show" if name.endswith("_show") else name) in own
    }


def note(
    connection: Connection,
    kind: type[records.Snapshot],
    rows: Mapping[int, bulk.Row],
    source: Source,
) -> None:
    """Let the states of these people say what is the best known now.

    `rows` is person → the values of a snapshot, in the order of its shape and as they are stored.
    """
    fields = stated(kind)
    if not fields or not rows:
        return
    own = sources.shape(kind).values
    places = [own.index(name) for name in fields.values()]
    taken = itemgetter(*places) if places[1:] else lambda row: (row[places[0]],)
    held = [(person, *taken(rows[person])) for person in sorted(rows)]
    _write(connection, tuple(fields), kind.source, source.seen_at, held)


def _write(
    connection: Connection,
    fields: tuple[str, ...],
    source: str,
    at: datetime,
    rows: list[bulk.Row],
) -> None:
    """Write what a source said at one time of these people: a row is (person, value …)."""
    said = functools.partial(_literal, dialect=connection.dialect.name)
    names = [name for field in fields for name in _columns(field)]
    chosen = [
        part
        for field in fields
        for part in (
            f"v.{field}",
            f"CASE WHEN v.{field} IS NOT NULL THEN '{source}' END",
            f"CASE WHEN v.{field} IS NOT NULL THEN {said(at)} END",
        )
    ]
    updates = [
        f"{name} = CASE WHEN {_wins(field, source, at, said)}"
        f" THEN excluded.{name} ELSE person_states.{name} END"
        for field in fields
        for name in _columns(field)
    ]
    statement = (
        f"INSERT INTO person_states (person_id, {', '.join(names)})"
        f" SELECT v.person_id, {', '.join(chosen)} FROM {{rows}} v WHERE true"
        f" ON CONFLICT (person_id) DO UPDATE SET {', '.join(updates)}"
    )
    bulk.insert_select(connection, "person_states", ("person_id", *fields), statement, rows)


def _wins(field: str, source: str, at: datetime, said: Callable[[datetime], str]) -> str:
    """Return the condition on which what `source` says of a field replaces what is there."""
    limits = " ".join(
        f"WHEN '{other}' THEN {said(at + ahead)}" for other, ahead in _ahead(field, source).items()
    )
    return (
        f"excluded.{field} IS NOT NULL AND (person_states.{field} IS NULL OR "
        f"person_states.{field}_at <= CASE person_states.{field}_source {limits} END)"
    )


def _columns(field: str) -> tuple[str, str, str]:
    return field, f"{field}_source", f"{field}_at"


@functools.cache
def _ahead(field: str, source: str) -> Mapping[str, timedelta]:
    """Return how much newer (or older) than `source` another's word must be not to be replaced."""
    order = ORDER[field]
    step = LIVE_HEAD_START if field in LIVE_FIELDS else HEAD_START
    place = order.index(source)
    return {other: (order.index(other) - place) * step for other in order}


def _literal(at: datetime, dialect: str) -> str:
    held = moment.stored(at, dialect)
    return f"'{held}'" if dialect == "sqlite" else f"'{held}'::timestamptz"


def rebuild(connection: Connection, persons: Sequence[int]) -> None:
    """Make the states of these people anew from all snapshots of all their names."""
    bulk.run(connection, "DELETE FROM person_states WHERE person_id IN ANY ?", list(persons))
    for kind in sources.SNAPSHOTS:
        fields = stated(kind)
        if not fields:
            continue
        own = ", ".join(f"s.{name}" for name in fields.values())
        found = bulk.select(
            connection,
            f"""SELECT coalesce(p.same_as, p.id), s.confirmed_at, {own} FROM {kind.table} s
            JOIN persons p ON p.id = s.person_id
            WHERE p.id IN ANY ? ORDER BY s.at""",
            list(persons),
        )
        for person, at, *values in found:
            said = [(person, *values)]
            _write(connection, tuple(fields), kind.source, moment.loaded(at), said)
