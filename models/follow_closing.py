"""The part of closing a list that is about people of whom a feed tells too.

What a list does to anybody else is set by set (`models.closing`). These few are told anew, one
story each, with the list's word added: it confirms what the feed told, or corrects it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from models import bulk, follow_facts, follow_rows, follow_story, moment


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which list is closed, and what it is compared with (see `closing.Basis`)."""

    place: follow_rows.Place
    listing_id: int
    begun: datetime | None
    as_of: datetime
    previous: int = 0
    second: int = 0
    keep: str = "nobody"


class Turns(msgspec.Struct, kw_only=True):
    """Whom the list's own word changes: shown for the first time, missing, perhaps only hidden.

    `unheard` were shown and nobody had told of them; `open` are on the list so far. `stories` is
    what comes of it, once it is told.
    """

    asked: Asked
    people: list[int] = []
    opens: set[int] = set()
    ends: set[int] = set()
    hidden: set[int] = set()
    open: set[int] = set()
    stored: dict[int, follow_rows.Stored] = {}
    stories: dict[int, follow_story.Story] = {}

    @property
    def unheard(self) -> int:
        """How many were shown of whom nobody had told that they follow."""
        return len(self.opens - self.open)

    @property
    def lost(self) -> set[int]:
        """Whom the list ends."""
        return {person for person, story in self.stories.items() if self._closes(story)}

    @property
    def new(self) -> int:
        """How many it begins, those among them who `returned` included."""
        return sum(self._began(story) is not None for story in self.stories.values())

    @property
    def returned(self) -> int:
        """How many it begins who had been there before."""
        return sum(bool(self._began(story)) for story in self.stories.values())

    def _closes(self, story: follow_story.Story) -> bool:
        return any(edge.closed_by == self.asked.listing_id for edge in story.edges)

    def _began(self, story: follow_story.Story) -> int | None:
        opened = (edge.opened_by for edge in story.edges)
        return next((n for n, by in enumerate(opened) if by == self.asked.listing_id), None)


def find(connection: Connection, asked: Asked) -> Turns:
    """Return the people of whom a feed tells and to whom this list may say anything new."""
    lists = (asked.listing_id, asked.second, asked.previous)
    found = Turns(asked=asked)
    begun = moment.stored(asked.begun or asked.as_of, connection.dialect.name)
    for person, shown, again, before, listed, edge in bulk.select(
        connection, _UNSETTLED, *lists, begun, *asked.place
    ):
        found.people.append(person)
        if edge:
            found.open.add(person)
        if not listed and (shown or (again and edge)):
            found.opens.add(person)
        if listed and not shown and not again:
            ended = asked.keep == "nobody" or (asked.keep == "previous" and before)
            (found.ends if ended else found.hidden).add(person)
    return found


_SHOWN = "EXISTS (SELECT 1 FROM listing_entries x WHERE x.listing_id = ? AND x.person_id = t.id)"
_UNSETTLED = f"""
    SELECT id, shown, again, before, listed, edge FROM (
        SELECT t.id, {_SHOWN} AS shown, {_SHOWN} AS again, {_SHOWN} AS before,
            EXISTS (SELECT 1 FROM list_stretches s WHERE s.account_id = t.account_id
                AND s.direction = t.direction AND s.person_id = t.id AND s.ended IS NULL
            ) AS listed,
            coalesce((SELECT CASE WHEN e.opened_by IS NULL AND e.confirmed_by IS NULL
                THEN 1 ELSE 2 END FROM follow_edges e WHERE e.account_id = t.account_id
                AND e.direction = t.direction AND e.person_id = t.id AND e.ended IS NULL), 0
            ) AS edge,
            t.newest >= ? AS later
        FROM (SELECT account_id, direction, person_id AS id, max(at) AS newest FROM follow_events
            WHERE account_id = ? AND direction = ? AND act_id IS NOT NULL
            GROUP BY account_id, direction, person_id) t) known
    WHERE later OR NOT (shown AND listed AND edge = 2) AND (shown OR listed OR edge > 0)"""
"""Who acted after the list was begun may be as the list says now, and not have been so then."""


def tell(
    connection: Connection, turns: Turns, unnamed: int, *, known: bool, news: bool, certain: bool
) -> None:
    """Tell the stories with this list's word in them, without writing anything.

    `known`: since when newcomers are there is known; `news`: they are worth an event; `certain`:
    whoever it ends has left.
    """
    if not turns.people:
        return
    asked = turns.asked
    turns.stored = follow_rows.load(connection, asked.place, turns.people)
    looks = follow_rows.looks(connection, asked.place)
    begun = min(asked.begun or asked.as_of, asked.as_of)
    looks.append(
        follow_facts.Look(id=asked.listing_id, begun=begun, as_of=asked.as_of, sure=unnamed == 0)
    )
    for person, stored in turns.stored.items():
        if person in turns.opens:
            stored.stretches.append(
                follow_facts.Stretch(
                    since=asked.as_of, since_known=known, opened_by=asked.listing_id, told=news
                )
            )
        if person in turns.ends:
            stored.stretches[-1] = msgspec.structs.replace(
                stored.stretches[-1],
                ended=asked.as_of,
                closed_by=asked.listing_id,
                certain=certain,
            )
        hidden = stored.hidden | ({asked.listing_id} if person in turns.hidden else set())
        turns.stories[person] = follow_story.tell(stored.acts, stored.stretches, looks, hidden)


def apply(connection: Connection, turns: Turns) -> None:
    """Write what `tell` came to."""
    if not turns.people:
        return
    asked = turns.asked
    at = moment.stored(asked.as_of, connection.dialect.name)
    rows = [_stretch(turns, person, at) for person in sorted(turns.opens)]
    _STRETCHES(connection, rows)
    certain = {person: turns.stored[person].stretches[-1].certain for person in turns.ends}
    for sure in (True, False):
        ended = sorted(person for person, is_sure in certain.items() if is_sure == sure)
        bulk.run(connection, _END, at, asked.listing_id, sure, *asked.place, ended)
    _HIDDEN(connection, [(asked.listing_id, person) for person in sorted(turns.hidden)])
    follow_rows.write(connection, asked.place, turns.stored, turns.stories)


def _stretch(turns: Turns, person: int, at: object) -> bulk.Row:
    new = turns.stored[person].stretches[-1]
    return (*turns.asked.place, person, at, new.since_known, new.opened_by, new.told, True)


_STRETCHES = bulk.Upsert(
    "list_stretches",
    (
        *("account_id", "direction", "person_id"),
        *("since", "since_known", "opened_by", "told", "certain"),
    ),
    conflict="",
)
_HIDDEN = bulk.Upsert("listing_hidden", ("listing_id", "person_id"))
_END = """
    UPDATE list_stretches SET ended = ?, closed_by = ?, certain = ?
    WHERE account_id = ? AND direction = ? AND person_id IN ANY ? AND ended IS NULL"""


def undo(connection: Connection, listing_id: int) -> Mapping[str, int]:
    """Forget what lists said by this list, which no longer counts; return what it had changed."""
    counts = {}
    for column in ("opened_by", "closed_by"):
        query = f"SELECT count(*) FROM follow_edges f WHERE f.{column} = ? {_TOLD}"
        [(counts[column],)] = bulk.select(connection, query, listing_id)
    bulk.run(connection, "DELETE FROM list_stretches WHERE opened_by = ?", listing_id)
    bulk.run(connection, _REOPEN, listing_id)
    bulk.run(connection, "DELETE FROM listing_hidden WHERE listing_id = ?", listing_id)
    return counts


_TOLD = """AND EXISTS (SELECT 1 FROM follow_events t WHERE t.account_id = f.account_id
    AND t.direction = f.direction AND t.person_id = f.person_id AND t.act_id IS NOT NULL)"""
_REOPEN = """
    UPDATE list_stretches SET ended = NULL, closed_by = NULL, certain = TRUE WHERE closed_by = ?"""
