"""Open what work needs, close it in reverse: the database, and the runtime of runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from jobs import artefacts, calling, passwords, run, settings, visit, walk
from models import db, upgrade
from scraper import errors
from scraper.sites import register


@contextmanager
def open_database(chosen: settings.Settings) -> Iterator[db.Database]:
    """Open the database, bringing its tables up to this program's.

    Raises StorageTrouble with the code of `db.Unusable`, here and for whatever happens inside.
    """
    with translated():
        database = db.connect(chosen.database.url)
        try:
            upgrade.upgrade(database)
            yield database
        finally:
            database.close()


@contextmanager
def translated() -> Iterator[None]:
    """Raise the database's own troubles as errors that a user can act on."""
    try:
        yield
    except db.Unusable as error:
        raise errors.StorageTrouble(error.code, str(error)) from error


def assemble(
    chosen: settings.Settings,
    database: db.Database,
    environ: Mapping[str, str],
    *,
    tell: Callable[[str], None] = lambda _message: None,
    ask: Callable[[str], str | None] = lambda _account: None,
    patience: float = 0.0,
) -> run.Runtime:
    """Return the runtime of this process's runs; a browser opens only when one visits a site."""
    desk = visit.Desk(
        chosen=chosen,
        database=database,
        sites=register.SITES,
        environ=environ,
        ask=ask,
        patience=patience,
    )
    return run.Runtime(
        database=database,
        sites=register.SITES,
        visit=visit.entering(desk),
        call=calling.calling(desk),
        layout=lambda name: settings.layout(chosen, name),
        patience=lambda name: walk.Patience(
            retries=chosen.sites[name].retries, wait=chosen.sites[name].retry_wait_seconds
        ),
        password=lambda name: (
            passwords.source(name, environ, desk.vault) in {"environment", "vault"}
        ),
        witness=artefacts.witness(chosen, database),
        tell=tell,
    )
