"""Run runs from the command line: watched, cancelled by Ctrl-C, reported at the end."""

from __future__ import annotations

import asyncio
import getpass
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import msgspec

from jobs import artefacts, cancelling, logs, orders, report, resuming, run, run_logs, runtime
from jobs.cli import exits, state, watching
from models import archive, db, follows, rehearsal, runs
from scraper import errors
from scraper.sites import register

if TYPE_CHECKING:
    from jobs import settings, visit


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """What a command that runs something works with.

    `patience` is how long (seconds) a run waits for another one of the same account; `keeps` says
    what is kept of what the browser shows.
    """

    given: state.State
    chosen: settings.Settings
    database: db.Database
    json: bool
    patience: float = 0.0
    keeps: artefacts.Keeps = "failures"


def collect(session: Session, wish: orders.Wish) -> int:
    """Do what is wished for and say how it ended; return the exit code."""
    return _said(session, ordered(session, wish))


def ordered(session: Session, wish: orders.Wish) -> report.Report:
    """Do what is wished for; return the run's report."""
    with session.database.write() as connection:
        run_id = orders.place(connection, session.chosen, register.SITES, wish)
    return execute(session, run_id)


def resume(session: Session, run_id: int) -> int:
    """Run a run that stands in the table, or go on with it; return the exit code."""
    with session.database.read() as connection:
        busy = resuming.busy(connection, session.chosen, run_id)
        standing = report.of(connection, run_id)
    return _said(session, report.refused(standing, busy) if busy else execute(session, run_id))


def rehearse(session: Session, wish: orders.Wish) -> int:
    """Do what is wished for on a copy, show what would change, keep nothing."""
    with session.database.write() as connection:
        account = orders.account(connection, session.chosen, wish.account)
    with rehearsal.rehearsal(session.database, account.id) as copy:
        tried = msgspec.structs.replace(session, database=copy, keeps="nothing")
        with copy.write() as connection:
            run_id = orders.place(connection, session.chosen, register.SITES, wish)
        ended = execute(tried, run_id)
        changes = _changes(copy, ended)
    say(session, msgspec.structs.replace(ended, run=report.NOT_KEPT))
    _say_changes(session, changes)
    return exits.OF_STATUS[ended.status]


def show(session: Session, run_id: int) -> None:
    """Print a run's report, what a held list of it would change, and where its answers are."""
    with session.database.read() as connection:
        account = runs.get(connection, run_id).account_id
        shown = report.of(connection, run_id)
        kept = list(archive.find(connection, run_id=run_id))
        told = report.record(connection, run_id)
        told += artefacts.lines(session.chosen.storage.directory, runs.get(connection, run_id))
    say(session, shown)
    for line in () if session.json else told:
        print(line)
    if shown.status == "held" and not session.json:
        with rehearsal.rehearsal(session.database, account) as copy:
            _say_changes(session, _changes(copy, shown))
    if kept and not session.json:
        numbers = f"payloads {kept[0]} to {kept[-1]}" if kept[1:] else f"payload {kept[0]}"
        print(f"  archived: {numbers}; `greenroom parse {kept[-1]}` shows what the last one says")


def execute(session: Session, run_id: int) -> report.Report:
    """Run a run to its end or until Ctrl-C, showing how it goes; return its report.

    A defect of ours ends the run, too; what it was is logged. Raises StorageTrouble when even
    the end could not be written down.
    """
    try:
        failure = _shown(session, run_id)
    except KeyboardInterrupt:  # it came before the run listened for it
        failure = asyncio.CancelledError()
    with runtime.translated(), session.database.write() as connection:
        ended = report.of(connection, run_id)
        if ended.status in {"queued", "running"} and isinstance(failure, asyncio.CancelledError):
            runs.amend(connection, run_id, {"status": "cancelled"})
            ended = report.of(connection, run_id)
    if ended.status == "running" and isinstance(failure, Exception):
        raise failure
    return ended


def _shown(session: Session, run_id: int) -> BaseException | None:
    """Run, showing how it goes; return what broke the run off."""
    with session.database.read() as connection:
        name = runs.get(connection, run_id).collector
    adapt = resuming.adapted(session.database, run_id)
    with (
        logs.bound(run_id),
        _logged(session, run_id),
        watching.watching(name, quiet=session.json) as show,
    ):
        assembled = msgspec.structs.replace(adapt(assemble(session)), show=show)
        return _outcome(assembled, run_id)


@contextmanager
def _logged(session: Session, run_id: int) -> Iterator[None]:
    """Keep what is said inside in the log of the run, unless nothing of it is to be kept."""
    if session.keeps == "nothing":
        yield
        return
    with (
        run_logs.writing(session.chosen.storage.directory, run_id) as writer,
        logs.copied(writer),
    ):
        logs.log.debug(f"at the command line, in process {os.getpid()}")
        yield
        with suppress(db.Unusable), session.database.read() as connection:
            logs.log.debug(run_logs.ending(runs.get(connection, run_id)))


def _outcome(assembled: run.Runtime, run_id: int) -> BaseException | None:
    """Run; return what broke the run off, None if it came to an end of its own."""
    try:
        with runtime.translated():
            asyncio.run(_until_told(assembled, run_id))
    except asyncio.CancelledError as error:
        return error
    except errors.StorageTrouble as error:
        return error
    except Exception as error:  # noqa: BLE001 - the run's row and the log say what it was
        logs.log.opt(exception=error).error("a fault in Greenroom itself ended the run")
        return error
    return None


def _changes(copy: db.Database, ended: report.Report) -> list[tuple[str, str]]:
    """Return whom a rehearsed run changed; a held list is confirmed to see whom it would."""
    with copy.write() as connection:
        if ended.status == "held":
            follows.confirm(connection, ended.run)
        return rehearsal.changes(connection, ended.run)


def _say_changes(session: Session, changes: list[tuple[str, str]]) -> None:
    for kind, name in () if session.json else changes:
        print(f"  {'+' if kind == 'follow' else '-'} {name}")


def assemble(session: Session) -> run.Runtime:
    """Return the runtime of this command's runs; somebody at a terminal has a password."""
    assembled = runtime.assemble(
        session.chosen,
        session.database,
        session.given.environ,
        tell=logs.log.info,
        ask=_ask,
        patience=session.patience,
    )
    watch = artefacts.witness(session.chosen, session.database, session.keeps)
    assembled = msgspec.structs.replace(assembled, witness=watch)
    if not sys.stdin.isatty():
        return assembled
    return msgspec.structs.replace(assembled, password=lambda _account: True)


def asking(desk: visit.Desk) -> visit.Desk:
    """Return the desk, asking whoever sits at the terminal for a password that is not stored."""
    return msgspec.structs.replace(desk, ask=_ask)


def _said(session: Session, ended: report.Report) -> int:
    say(session, ended)
    return exits.OF_STATUS[ended.status]


def say(session: Session, ended: report.Report) -> None:
    """Print a report: one JSON object, or a few lines."""
    if session.json:
        print(report.text(ended))
        return
    for line in report.lines(ended):
        print(line)


async def _until_told(assembled: run.Runtime, run_id: int) -> None:
    """Run until the end, or until Ctrl-C, SIGTERM or `runs cancel`; each may come again."""
    task = asyncio.current_task()
    if task is not None and sys.platform != "win32":
        for told in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(told, task.cancel)
    stop = task.cancel if task is not None else bool
    async with cancelling.heeding(assembled.database, run_id, stop):
        await run.execute(assembled, run_id)


def _ask(account: str) -> str | None:
    """Ask a human for the account's password; nobody answers without a terminal.

    Raises CancelledError on Ctrl-C: while we wait here, nobody else can hear it.
    """
    if not sys.stdin.isatty():
        return None
    try:
        with watching.paused(), _interruptible():
            password = getpass.getpass(f"Password of {account}: ") or None
    except KeyboardInterrupt:
        raise asyncio.CancelledError from None
    if password:
        logs.hide(password)
    return password


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM raise KeyboardInterrupt at once, for as long as we wait for keys."""
    told = (signal.SIGINT, signal.SIGTERM)
    before = {one: signal.signal(one, signal.default_int_handler) for one in told}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
