"""Run runs from the command line: watched, cancelled by Ctrl-C, reported at the end."""

from __future__ import annotations

import asyncio
import getpass
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from jobs import logs, orders, report, resuming, run, runtime
from jobs.cli import exits, state, watching
from models import rehearsal, runs
from scraper.sites import register

if TYPE_CHECKING:
    from jobs import settings
    from models import db


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """What a command that runs something works with."""

    given: state.State
    chosen: settings.Settings
    database: db.Database
    json: bool


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
    return _said(session, execute(session, run_id))


def rehearse(session: Session, wish: orders.Wish) -> int:
    """Do what is wished for on a copy, show what would change, keep nothing."""
    with session.database.write() as connection:
        account = orders.account(connection, session.chosen, wish.account)
    with rehearsal.rehearsal(session.database, account.id) as copy:
        tried = msgspec.structs.replace(session, database=copy)
        with copy.write() as connection:
            run_id = orders.place(connection, session.chosen, register.SITES, wish)
        ended = execute(tried, run_id)
        with copy.read() as connection:
            changes = rehearsal.changes(connection, run_id)
    say(session, msgspec.structs.replace(ended, run=0))
    if not session.json:
        for kind, name in changes:
            print(f"  {'+' if kind == 'follow' else '-'} {name}")
        print("  dry run: nothing was kept")
    return exits.OF_STATUS[ended.status]


def execute(session: Session, run_id: int) -> report.Report:
    """Run a run to its end or until Ctrl-C, showing how it goes; return its report."""
    with session.database.read() as connection:
        name = runs.get(connection, run_id).collector
    adapt = resuming.adapted(session.database, run_id)
    with logs.bound(run_id), watching.watching(name, quiet=session.json) as show:
        assembled = msgspec.structs.replace(adapt(assemble(session)), show=show)
        with suppress(KeyboardInterrupt, asyncio.CancelledError), runtime.translated():
            asyncio.run(_until_told(assembled, run_id))
    with session.database.read() as connection:
        return report.of(connection, run_id)


def assemble(session: Session) -> run.Runtime:
    """Return the runtime of this command's runs."""
    return runtime.assemble(
        session.chosen, session.database, session.given.environ, tell=logs.log.info, ask=_ask
    )


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
    """Run until the end, or until SIGTERM cancels as Ctrl-C does."""
    task = asyncio.current_task()
    if task is not None and sys.platform != "win32":
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await run.execute(assembled, run_id)


def _ask(account: str) -> str | None:
    """Ask a human for the account's password; nobody answers without a terminal."""
    if not sys.stdin.isatty():
        return None
    password = getpass.getpass(f"Password of {account}: ") or None
    if password:
        logs.hide(password)
    return password
