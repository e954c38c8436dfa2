"""What can be exported: which rows, under which columns, and how complete they are."""

from __future__ import annotations

import errno
import io
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TextIO

import msgspec

from jobs import orders, run, settings
from models import db, export, moment, queries, records, runs, siblings, standing, timeline
from scraper import errors

What = Literal["followers", "following", "lost", "follows", "chat", "tips"]
Ask = Callable[..., Iterator[Mapping[str, Any]]]
STDOUT = "-"

_LISTS: Mapping[str, tuple[records.Direction, Ask]] = {
    "followers": ("follower", queries.members),
    "following": ("following", queries.members),
    "lost": ("follower", queries.lost),
}


_LEDGERS = ("chaturbate.token_stats",)
"""Sources that state every tip, with its own number."""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for. `columns` of None means all; `output` of `-` standard output."""

    what: What
    account: str
    form: Literal["csv", "jsonl"]
    output: str
    as_of: datetime | None = None
    columns: tuple[str, ...] | None = None


def to_file(chosen: settings.Settings, database: db.Database, wish: Wish) -> export.Manifest | None:
    """Write the file and its manifest; return the manifest, or None for standard output.

    Raises BadConfig for unknown columns and a place that cannot be written to, StorageTrouble
    (`disk_full`), and `queries.Unknown` when no complete list covers it.
    """
    siblings.catch_up(database)
    with database.write() as connection:
        who = orders.account(connection, chosen, wish.account)
    with database.read() as connection:
        facts, columns, rows = _asked(connection, who, wish)
        picked = _picked(columns, wish.columns)
        if wish.output == STDOUT:
            with _told("standard output"), _standard_output() as output:
                export.stream(rows, picked, wish.form, output)
            return None
        with _told(wish.output):
            return export.write(rows, picked, wish.form, Path(wish.output), facts)


def _asked(
    connection: db.Connection, who: runs.Account, wish: Wish
) -> tuple[export.Facts, tuple[str, ...], Iterator[Mapping[str, Any]]]:
    """Return what the manifest says, the columns, and the rows."""
    if wish.what == "follows":
        return _follows(connection, who, wish)
    if wish.what not in _LISTS:
        return _acts(connection, who, wish)
    direction, ask = _LISTS[wish.what]
    rests = queries.basis(connection, who.id, direction, wish.as_of)
    facts = export.Facts(
        what=wish.what,
        account=who.name,
        as_of=wish.as_of or rests.as_of,
        complete=True,
        run=rests.run_id,
        version=run.version(),
    )
    return facts, queries.PEOPLE_COLUMNS, ask(connection, who.id, direction, wish.as_of)


def _follows(
    connection: db.Connection, who: runs.Account, wish: Wish
) -> tuple[export.Facts, tuple[str, ...], Iterator[Mapping[str, Any]]]:
    """Return who followed and unfollowed, as far as feeds told and lists showed."""
    facts = export.Facts(
        what=wish.what,
        account=who.name,
        as_of=wish.as_of or moment.now(),
        complete=False,
        run=None,
        version=run.version(),
    )
    found = timeline.events(connection, who.id, "follower", until=wish.as_of)
    return facts, timeline.COLUMNS, found


def _acts(
    connection: db.Connection, who: runs.Account, wish: Wish
) -> tuple[export.Facts, tuple[str, ...], Iterator[Mapping[str, Any]]]:
    """Return messages or tips.

    Tips are complete, up to its last run, once the account's token history is known; a room's
    history shows the same tips again, so it counts only until then.
    """
    kind = "chat" if wish.what == "chat" else "tip"
    known = queries.history_run(connection, who.id, "tips") if kind == "tip" else None
    read = standing.last_read(connection, known) if known else None
    facts = export.Facts(
        what=wish.what,
        account=who.name,
        as_of=min(filter(None, (wish.as_of, read)), default=moment.now()),
        complete=read is not None,
        run=known,
        version=run.version(),
    )
    acts = queries.acts(
        connection, who.id, (kind,), sources=_LEDGERS if read else (), until=wish.as_of
    )
    return facts, queries.ACT_COLUMNS, acts


@contextmanager
def _standard_output() -> Iterator[TextIO]:
    """Give standard output as UTF-8 with bare line ends, whatever the console's own habits are."""
    sys.stdout.flush()
    output = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="")
    try:
        yield output
    finally:
        output.detach()


@contextmanager
def _told(place: str) -> Iterator[None]:
    """Name what cannot be written to as what it is: a wrong place, or a full disk."""
    try:
        yield
    except BrokenPipeError:  # whoever reads standard output has enough
        raise
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise errors.StorageTrouble("disk_full", f"{place}: the disk is full") from error
        why = error.strerror or str(error)
        raise errors.BadConfig("bad_request", f"{place} cannot be written: {why}") from error


def _picked(columns: tuple[str, ...], wanted: tuple[str, ...] | None) -> tuple[str, ...]:
    if wanted is None:
        return columns
    unknown = [name for name in wanted if name not in columns]
    if unknown:
        named = ", ".join(name or "without a name" for name in unknown)
        raise errors.BadConfig("bad_request", f"no column {named}; there are {', '.join(columns)}")
    if len({*wanted}) < len(wanted):
        raise errors.BadConfig("bad_request", "a column is named twice; each stands there once")
    return wanted
