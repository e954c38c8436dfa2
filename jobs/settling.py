"""Decide the due times of one schedule in the caller's transaction; place what they ask for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache

import msgspec

from jobs import deciding, lanes, orders, schedules, settings, timing
from models import db, run_control, runs
from models import schedules as kept
from scraper import errors
from scraper.sites import register

CLOCK = "clock"
"""Who asks for the runs of schedules."""

_LOOK_BACK = timedelta(minutes=10)
"""How long after its end a run may be written down as ended and still be followed."""

_SILENCE = timedelta(minutes=5)
"""How long a run of a command may give no sign of life and still stand in the way."""

Password = Callable[[str], bool]
"""Tells whether there is a password for an account."""


def nobody(_account: str) -> bool:
    """Know of no password."""
    return False


def settle(
    connection: db.Connection,
    chosen: settings.Settings,
    row: kept.Schedule,
    now: datetime,
    password: Password = nobody,
) -> list[deciding.Decision]:
    """Decide every due time of a schedule up to `now`, and place the runs that come of them.

    The caller holds the row (`kept.held`).
    """
    found = definition(row)
    if found is None:
        return []
    return _settle(
        _Work(
            connection=connection,
            chosen=chosen,
            row=row,
            schedule=found,
            now=now,
            password=password,
        )
    )


def close(
    connection: db.Connection, chosen: settings.Settings, row: kept.Schedule, now: datetime
) -> list[deciding.Decision]:
    """Decide what is due up to `now` before a schedule changes: nothing is made up any more."""
    found = definition(row)
    if found is None:
        return []
    found = found.model_copy(update={"missed": "skip"})
    return _settle(_Work(connection=connection, chosen=chosen, row=row, schedule=found, now=now))


def definition(row: kept.Schedule) -> schedules.Schedule | None:
    """Return what a row says; None for one that this program cannot read."""
    return _read(msgspec.json.encode(row.definition, order="deterministic"))


@lru_cache(maxsize=1024)
def _read(definition: bytes) -> schedules.Schedule | None:
    try:
        return schedules.Schedule.model_validate(msgspec.json.decode(definition))
    except ValueError:
        return None


def coming(
    connection: db.Connection, row: kept.Schedule, schedule: schedules.Schedule, now: datetime
) -> timing.Backlog:
    """Return the due times of a schedule up to `now` that are not decided."""
    if schedule.after is None:
        return timing.backlog(schedules.times(schedule), row.decided_until, now, deciding.KEPT)
    leader = kept.named(connection, schedule.after)
    if leader is None:
        return timing.Backlog(dues=[])
    since = max(row.changed_at, row.decided_until - _LOOK_BACK)
    ends = kept.ends(connection, leader.id, row.id, since, now)
    return timing.Backlog(dues=ends[-deciding.KEPT :])


class _Work(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule that is held, and what deciding about it takes."""

    connection: db.Connection
    chosen: settings.Settings
    row: kept.Schedule
    schedule: schedules.Schedule
    now: datetime
    password: Password = nobody


def _settle(work: _Work) -> list[deciding.Decision]:
    row = work.row
    if not row.enabled or row.removed_at is not None or work.now <= row.decided_until:
        return []
    backlog = coming(work.connection, row, work.schedule, work.now)
    decided: list[deciding.Decision] = []
    if backlog.dues:
        decided = _placed(work, deciding.decide(work.schedule, work.now, _facts(work, backlog)))
        kept.note(work.connection, (_due_time(row, one, work.now) for one in decided))
    kept.decided(work.connection, [row.id], work.now)
    return decided


def _facts(work: _Work, backlog: timing.Backlog) -> deciding.Facts:
    row, name = work.row, work.schedule.account
    account = runs.named(work.connection, name)
    code = account.waiting_for if account and not lanes.calls(work.schedule.collector) else None
    if code == "no_password" and work.password(name):
        code = None
    active = _active(work)
    return deciding.Facts(
        name=row.name,
        backlog=backlog,
        decided_until=row.decided_until,
        paused_at=row.paused_at,
        waiting=f"{name} waits for its operator: {code}" if code else None,
        running=tuple(run.id for run in active if run.status == "running"),
        queued=tuple(run.id for run in active if run.status == "queued"),
    )


def _active(work: _Work) -> list[runs.Run]:
    return kept.active(work.connection, work.row.id, work.now - _SILENCE)


def _placed(work: _Work, decided: list[deciding.Decision]) -> list[deciding.Decision]:
    """Place the runs that were decided; return the decisions with what came of them."""
    settled = [_order(work, one) if one.outcome == "run" else one for one in decided]
    made = [one.run_id for one in settled if one.run_id is not None]
    if not made:
        return settled
    stands = f"run {made[-1]} stands for it"
    return [msgspec.structs.replace(one, reason=stands) if one.made_up else one for one in settled]


def _order(work: _Work, decision: deciding.Decision) -> deciding.Decision:
    """Place a run; one that replaces others tells them to stop."""
    schedule, earlier = work.schedule, _active(work)
    wish = orders.Wish(
        collector=schedule.collector,
        account=schedule.account,
        target=schedule.target,
        requested_by=CLOCK,
        schedule_id=work.row.id,
        due_at=decision.due_at,
        not_before=decision.not_before,
        deadline=schedule.deadline or schedules.DEADLINE,
    )
    try:
        run_id = orders.place(work.connection, work.chosen, register.SITES, wish)
    except errors.BadConfig as error:
        return msgspec.structs.replace(decision, outcome="refused", reason=error.message)
    for run in earlier if schedule.overlap == "replace" else ():
        if not run_control.call_off(work.connection, run.id):
            run_control.tell(work.connection, run.id, "replace")
    return msgspec.structs.replace(decision, run_id=run_id)


def _due_time(row: kept.Schedule, decision: deciding.Decision, now: datetime) -> kept.DueTime:
    return kept.DueTime(
        schedule_id=row.id,
        due_at=decision.due_at,
        decided_at=now,
        outcome=decision.outcome,
        reason=decision.reason,
        run_id=decision.run_id,
    )
