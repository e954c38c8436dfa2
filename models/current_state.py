"""What is best known of people now, each fact with its source and age."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from models import bulk, moment, states

FIELDS = ("show", *(name for name in states.ORDER if not name.endswith("_show")))
"""The facts of a person; `show` is decided by `v_person_current_state`."""

_COLUMNS = ", ".join(
    (
        *("v.person_id", "v.site", "v.username", "v.role", "v.status"),
        *(f"v.{name}{of}" for name in FIELDS for of in ("", "_source", "_at", "_age")),
    )
)
_PERSON = f"""
    SELECT {_COLUMNS} FROM persons p
    JOIN v_person_current_state v ON v.person_id = coalesce(p.same_as, p.id)
    WHERE p.site = ? AND p.username = ?"""
_PEOPLE = f"SELECT {_COLUMNS} FROM v_person_current_state v WHERE v.person_id IN ANY ?"
_NAMES = "SELECT id, username FROM persons WHERE id = ? OR same_as = ? ORDER BY last_seen DESC, id"


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """A value, who said so and when; `age` in seconds."""

    value: Any
    source: str
    at: datetime
    age: float


class State(msgspec.Struct, frozen=True, kw_only=True):
    """A person as of now. `status` is `live`, `offline` or `unknown`; unknown facts are absent."""

    person_id: int
    site: str
    username: str
    role: str
    status: str
    facts: Mapping[str, Fact]


class After(msgspec.Struct, frozen=True, kw_only=True):
    """The last one of a page: the next page begins after it."""

    value: int
    person_id: int


def person(connection: Connection, site: str, username: str) -> State | None:
    """Return what is known of a person, by any name they have had; None for a stranger."""
    return next(_states(bulk.select(connection, _PERSON, site, username)), None)


def names(connection: Connection, person_id: int) -> list[tuple[int, str]]:
    """Return the id and username of every name of a person, the last seen first."""
    found = bulk.select(connection, _NAMES, person_id, person_id)
    return [(int(row[0]), str(row[1])) for row in found]


def page(
    connection: Connection, site: str, sort: str, *, limit: int = 50, after: After | None = None
) -> list[State]:
    """Return the people of a site with most of a number (`states.SORTED`), 50 at a time.

    Whose number is not known is on no page. Ranks are best when they are least, and come so.
    """
    if sort not in states.SORTED:
        raise ValueError(f"people are sorted by {', '.join(sorted(states.SORTED))}, not {sort}")
    least = sort.endswith("rank")
    way, beyond = ("ASC", ">") if least else ("DESC", "<")
    bound, values = "", []
    if after is not None:
        bound = f"AND (s.{sort} {beyond} ? OR s.{sort} = ? AND s.person_id > ?)"
        values = [after.value, after.value, after.person_id]
    query = f"""
        SELECT s.person_id FROM person_states s CROSS JOIN persons p
        WHERE p.id = s.person_id AND p.site = ? AND p.same_as IS NULL
          AND s.{sort} IS NOT NULL {bound}
        ORDER BY s.{sort} {way}, s.person_id LIMIT ?"""
    ids = [row[0] for row in bulk.select(connection, query, site, *values, limit)]
    place = {person_id: number for number, person_id in enumerate(ids)}
    found = _states(bulk.select(connection, _PEOPLE, ids)) if ids else ()
    return sorted(found, key=lambda state: place[state.person_id])


def _states(rows: Sequence[Any]) -> Iterator[State]:
    for person_id, site, username, role, status, *rest in rows:
        facts = {}
        for place, name in enumerate(FIELDS):
            value, source, at, age = rest[place * 4 : place * 4 + 4]
            if value is not None:
                told = msgspec.json.decode(value) if name == "tags" else value
                facts[name] = Fact(value=told, source=source, at=moment.loaded(at), age=float(age))
        yield State(
            person_id=person_id,
            site=site,
            username=username,
            role=role,
            status=status,
            facts=facts,
        )
