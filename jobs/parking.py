"""Park an account that needs its operator: nothing is asked of the site until somebody acts.

What an account waits for stands in its row, so it outlives any process. A run that is asked for
meanwhile ends at once; a run that is gone on with is the operator's word that it may be tried.
"""

from __future__ import annotations

import json

from jobs import verdicts
from models import db, moment, runs
from scraper import errors

PASSING = frozenset({"sign_in_too_soon", "vault_key_missing", "vault_key_wrong", "vault_damaged"})
"""Codes that heal without a word to Greenroom, and that ask nothing of the site until then."""

WAITING = "needs_operator"
"""The status of a run that waits."""


def note(connection: db.Connection, run: runs.Run, failure: errors.GreenroomError | None) -> None:
    """Write down what an attempt at a run has shown of its account: it waits, or it is served."""
    if run.requested_by == verdicts.IMPORTED:
        return
    if isinstance(failure, errors.NeedsOperator | errors.SignInAgain):
        wait(connection, run.account_id, failure)
    elif runs.get(connection, run.id).pages > run.pages:
        ready(connection, run.account_id)


def wait(connection: db.Connection, account_id: int, failure: errors.GreenroomError) -> None:
    """Let an account wait for its operator; the page where it stopped is kept."""
    if failure.code in PASSING:
        return
    before = runs.account_of(connection, account_id)
    since = before.waiting_since if before.waiting_for == failure.code else None
    runs.note_account(
        connection,
        account_id,
        waiting_for=failure.code,
        waiting_since=since or moment.now(),
        waiting_at=failure.url or before.waiting_at,
    )


def ready(connection: db.Connection, account_id: int) -> None:
    """End the wait of an account: it is signed in, or somebody has acted."""
    runs.note_account(connection, account_id, waiting_for=None, waiting_since=None, waiting_at=None)


def turn_away(
    account: runs.Account, run: runs.Run, *, password: bool, unasked: bool = False
) -> None:
    """Raise NeedsOperator, with the code that the account waits for, for a run just asked for.

    And for one that is gone on with `unasked`, by the service. `password` tells whether there is
    one by now.
    """
    solved = account.waiting_for == "no_password" and password
    fresh = (unasked or run.attempt == 1) and run.requested_by != verdicts.IMPORTED
    if fresh and account.waiting_for and not solved:
        raise waiting(account)


def refuse_news(database: db.Database, account: runs.Account) -> None:
    """Raise NeedsOperator if the account has begun to wait since it was read."""
    with database.read() as connection:
        now = runs.account_of(connection, account.id)
    if now.waiting_for and now.waiting_since != account.waiting_since:
        raise waiting(now)


def waiting(account: runs.Account) -> errors.NeedsOperator:
    """Return what an account waits for as the error that says so."""
    code = account.waiting_for or ""
    since = f" since {account.waiting_since:%Y-%m-%d %H:%M} UTC" if account.waiting_since else ""
    told = f"{account.name} waits for its operator{since}: {errors.CODES[code]}"
    return errors.NeedsOperator(code, told, url=account.waiting_at)


def waiting_runs(connection: db.Connection, account_id: int) -> list[int]:
    """Return the runs that wait, oldest first, one per errand: the one that has read something."""
    return [run.id for run in _sorted_out(connection, account_id)[0]]


def take_up(connection: db.Connection, account_id: int) -> list[int]:
    """Return the runs that wait, to be gone on with, and close those of the same errands.

    A run that was turned away while another one of its errand waited would only repeat it.
    """
    going_on, spared = _sorted_out(connection, account_id)
    for run in spared:
        runs.amend(connection, run.id, {"status": "cancelled"})
    return [run.id for run in going_on]


def _sorted_out(
    connection: db.Connection, account_id: int
) -> tuple[list[runs.Run], list[runs.Run]]:
    """Return the waiting runs that are to be gone on with, and those that need not be."""
    going_on: dict[str, runs.Run] = {}
    spared = []
    for run in runs.of_status(connection, account_id, WAITING):
        if run.requested_by == verdicts.IMPORTED:
            continue
        errand = json.dumps([run.collector, run.target, run.options], sort_keys=True)
        other = going_on.get(errand)
        if runs.later(connection, run) is not None or (other and run.leads is None):
            spared.append(run)
            continue
        if other:
            spared.append(other)
        going_on[errand] = run
    return sorted(going_on.values(), key=lambda run: run.id), spared
