"""A search as the operator asks for it: words as typed, in an index brought up to date."""

from __future__ import annotations

from collections.abc import Sequence

from jobs import settings_check
from models import db, records, search, search_words, siblings, watching
from scraper import errors


def phrases(typed: Sequence[str]) -> tuple[search_words.Phrase, ...]:
    """Return what arguments of a command line ask for; one with spaces in it was quoted.

    Raises BadConfig for what nothing can have.
    """
    try:
        return search_words.parse(" ".join(map(_quoted, typed)))
    except search_words.Unsearchable as error:
        raise errors.BadConfig("bad_request", str(error)) from error


def _quoted(argument: str) -> str:
    if '"' in argument or len(argument.split()) < 2:  # noqa: PLR2004 - a phrase has two words
        return argument
    begins = argument.removesuffix("*")
    return f'"{begins}"{"*" * (begins != argument)}'


def find(
    database: db.Database,
    wanted: Sequence[search_words.Phrase],
    narrow: search.Narrow,
    *,
    best: bool,
    limit: int,
) -> list[search.Found]:
    """Index what is new, then search.

    Raises BadConfig for a username, a room or a kind that was never seen.
    """
    siblings.catch_up(database)
    search.catch_up(database)
    with database.read() as connection:
        fault = _fault(connection, narrow)
        if fault is not None:
            raise errors.BadConfig("bad_request", fault)
        return search.find(connection, wanted, narrow, best=best, limit=limit)


def _fault(connection: db.Connection, narrow: search.Narrow) -> str | None:
    """Say what is asked for that nothing can have."""
    name, room = narrow.username, narrow.room
    if name is not None and not watching.is_known(connection, name):
        return f"nobody called {name} was ever seen"
    if room is not None and not search.is_room(connection, room):
        return f"nothing was ever told of a room {room}"
    for kind in narrow.kinds:
        if not search.is_kind(connection, kind):
            hint = settings_check.nearest(kind, (search.NOTE, *records.KINDS))
            return f"nothing of the kind {kind} was ever seen{hint}"
    return None
