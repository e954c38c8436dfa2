"""All that is known of one person, as commands show it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from models import current_state, db, deltas, notes, sources, timeline, watching
from scraper import errors

_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"))


class Dossier(msgspec.Struct, frozen=True, kw_only=True):
    """A person: every name, facts with source and age, what changed, and how they are treated.

    `names` has the present one first. `changes` are the deltas of each source's numbers over the
    asked window; `steps` those from each snapshot to the next, oldest first, if asked for.
    `follows` are their follows and unfollows in that window, oldest first (`timeline.COLUMNS`).
    """

    site: str
    username: str
    names: tuple[str, ...]
    role: str
    status: str
    facts: Mapping[str, current_state.Fact]
    watched: tuple[str, ...]
    excluded: bool
    notes: tuple[notes.Note, ...]
    changes: tuple[deltas.Delta, ...]
    steps: tuple[deltas.Delta, ...] = ()
    follows: tuple[Mapping[str, Any], ...] = ()


def find(connection: db.Connection, site: str, username: str) -> current_state.State:
    """Return a person by any name. Raises BadConfig for one who was never seen."""
    found = current_state.person(connection, site, username.lower())
    if found is None:
        raise unseen(username, site)
    return found


def unseen(username: str, site: str) -> errors.BadConfig:
    """Return what to raise for a name that nobody ever had."""
    return errors.BadConfig(
        "bad_request", f"nobody called {username} was ever seen at {site}; check --site"
    )


def dossier(
    connection: db.Connection,
    site: str,
    username: str,
    window: tuple[datetime, datetime],
    *,
    steps: bool = False,
) -> Dossier:
    """Return all that is known of a person. Raises BadConfig for one who was never seen."""
    state = find(connection, site, username)
    known = current_state.names(connection, state.person_id)
    persons = [person for person, _ in known]
    measured = [
        (kind.source, deltas.snapshots(connection, kind, persons, *window))
        for kind in sources.SNAPSHOTS
    ]
    changes = (deltas.over(source, rows) for source, rows in measured)
    former = [name for _, name in known if name != state.username]
    return Dossier(
        site=state.site,
        username=state.username,
        names=(state.username, *former),
        role=state.role,
        status=state.status,
        facts=state.facts,
        watched=tuple(name for name, _ in watching.lists(connection, state.person_id)),
        excluded=watching.is_excluded(connection, state.person_id),
        notes=tuple(notes.of(connection, persons)),
        changes=tuple(found for found in changes if found is not None),
        steps=tuple(
            step for source, rows in measured if steps for step in deltas.consecutive(source, rows)
        ),
        follows=tuple(timeline.of(connection, persons, *window)),
    )


def lines(told: Dossier) -> Iterator[str]:
    """Say it for a human: a line each."""
    yield f"{told.username} at {told.site}: {told.role}, {told.status}"
    if told.names[1:]:
        yield f"  formerly {', '.join(told.names[1:])}"
    if told.watched:
        yield f"  watched: {', '.join(told.watched)}"
    if told.excluded:
        yield "  excluded: no source is asked about them"
    yield from (f"  noted {note.at:%Y-%m-%d %H:%M}: {note.text}" for note in told.notes)
    for name, fact in told.facts.items():
        said = " ".join(map(str, fact.value)) if isinstance(fact.value, list) else str(fact.value)
        yield f"  {name:<15} {said}  ({fact.source}, {age(fact.age)} ago)"
    if not told.facts:
        yield "  no source has said anything of them yet"
    for change in told.changes:
        yield from _change(change)
    yield from map(_follow, told.follows)
    for step in told.steps:
        yield from _change(step)


def _follow(event: Mapping[str, Any]) -> str:
    whom = "by " * (event["direction"] == "following") + event["account"]
    by = f"{event['source']}, {event['confidence']}"
    return f"  {event['at']:%Y-%m-%d %H:%M:%S} {event['kind']}ed {whom} ({by})"


def _change(found: deltas.Delta) -> Iterator[str]:
    moved = [f"{name} {by:+g}" for name, by in found.changes.items() if by]
    if moved:
        between = f"{found.since:%Y-%m-%d %H:%M} to {found.until:%Y-%m-%d %H:%M}"
        yield f"  {found.source}, {between}: {', '.join(moved)}"


def age(seconds: float) -> str:
    """Say how long ago something was, in its largest unit."""
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


def window(days: float, now: datetime) -> tuple[datetime, datetime]:
    """Return the window of so many days up to now."""
    return now - timedelta(days=days), now


def plain(told: Any) -> str:
    """Return anything of this module as one JSON object."""
    return msgspec.json.encode(told).decode()
