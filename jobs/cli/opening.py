"""Open what a command works with: settings, logs and the database."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from jobs import artefacts, runtime
from jobs.cli import running, state
from models import queries
from scraper import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    import typer

    from jobs import settings


@contextmanager
def session(
    context: typer.Context, *, json: bool = False, patience: float = 0.0, trace: bool = False
) -> Iterator[running.Session]:
    """Give the settings and the database of this command line. Raises BadConfig, StorageTrouble."""
    given = state.of(context)
    with opened(given, given.start(), json=json) as ready:
        keeps: artefacts.Keeps = "traces" if trace else "failures"
        yield msgspec.structs.replace(ready, patience=patience, keeps=keeps)


@contextmanager
def opened(
    given: state.State, chosen: settings.Settings, *, json: bool = False
) -> Iterator[running.Session]:
    """Give the database of these settings."""
    with runtime.open_database(chosen) as database:
        yield running.Session(given=given, chosen=chosen, database=database, json=json)


@contextmanager
def answerable() -> Iterator[None]:
    """Name a question that the tables cannot answer: no complete list covers it."""
    try:
        yield
    except queries.Unknown as error:
        raise errors.BadConfig("no_complete_list", str(error)) from error
