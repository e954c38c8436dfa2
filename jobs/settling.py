"""Decide the due times of one schedule in the caller's transaction; place what they ask for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
import pydantic

from jobs import deciding, orders, schedules, settings, timing
from models import db, run_control, runs
from models import schedules as kept
from scraper import errors
from scraper.sites import register

CLOCK = "clock"
"""Who asks for the runs of schedules."""

_LOOK_BACK = timedelta(minutes=10)
"""How long after its end a run may be written down as ended and still be followed."""

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
    return _settle(connection, chosen, row, now, password, definition(row))


def close(
    connection: db.Connection, chosen: settings.Settings, row: kept.Schedule, now: datetime
) -> list[deciding.Decision]:
    """Decide what is due up to `now` before a schedule changes: nothing is made up any more."""
    found = definition(row)
    if found is not None:
        found = found.model_copy(update={"missed": "skip"})
    return _settle(connection, chosen, row, now, nobody, found)


def definition(row: kept.Schedule) -> schedules.Schedule | None:
    """Return what a row says; None for one that this program cannot read."""
    try:
        return schedules.Schedule.model_validate(row.definition)
    except pydantic.ValidationError:
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


def _settle(
    connection: db.Connection,
    chosen: settings.Settings,
    row: kept.Schedule,
    now: datetime,
    password: Password,
    schedule: schedules.Schedule | None,
) -> list[deciding.Decision]:
    if schedule is None or not row.enabled or row.removed_at is not None:
        return []
    if now <= row.decided_until:
        return []
    backlog = coming(connection, row, schedule, now)
    decided: list[deciding.Decision] = []
    if backlog.dues:
        facts = _facts(connection, row, schedule, backlog, password)
        found = deciding.decide(schedule, now, facts)
        decided = _place(connection, chosen, row, schedule, found)
        kept.note(connection, (_due_time(row, one, now) for one in decided))
    kept.decided(connection, [row.id], now)
    return decided


def _facts(
    connection: db.Connection,
    row: kept.Schedule,
    schedule: schedules.Schedule,
    backlog: timing.Backlog,
    password: Password,
) -> deciding.Facts:
    account = runs.named(connection, schedule.account)
    code = account.waiting_for if account else None
    if code == "no_password" and password(schedule.account):
        code = None
    active = kept.active(connection, row.id)
    return deciding.Facts(
        name=row.name,
        backlog=backlog,
        decided_until=row.decided_until,
        paused_at=row.paused_at,
        waiting=f"{schedule.account} waits for its operator: {code}" if code else None,
        running=tuple(run.id for run in active if run.status == "running"),
        queued=tuple(run.id for run in active if run.status == "queued"),
    )


def _place(
    connection: db.Connection,
    chosen: settings.Settings,
    row: kept.Schedule,
    schedule: schedules.Schedule,
    decided: list[deciding.Decision],
) -> list[deciding.Decision]:
    """Place the runs that were decided; return the decisions with what came of them."""
    placed, made = [], None
    for one in decided:
        settled = one
        if one.outcome == "run":
            settled = _order(connection, chosen, row, schedule, one)
            made = settled.run_id or made
        placed.append(settled)
    stands = f"run {made} stands for it"
    return [
        msgspec.structs.replace(one, reason=stands) if one.made_up and made else one
        for one in placed
    ]


def _order(
    connection: db.Connection,
    chosen: settings.Settings,
    row: kept.Schedule,
    schedule: schedules.Schedule,
    decision: deciding.Decision,
) -> deciding.Decision:
    earlier = kept.active(connection, row.id)
    wish = orders.Wish(
        collector=schedule.collector,
        account=schedule.account,
        target=schedule.target,
        requested_by=CLOCK,
        schedule_id=row.id,
        due_at=decision.due_at,
        not_before=decision.not_before,
        deadline=schedule.deadline or schedules.DEADLINE,
    )
    try:
        run_id = orders.place(connection, chosen, register.SITES, wish)
    except errors.BadConfig as error:
        return msgspec.structs.replace(decision, outcome="refused", reason=error.message)
    if schedule.overlap == "replace":
        for run in earlier:
            if not run_control.call_off(connection, run.id):
                run_control.tell(connection, run.id, "replace")
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
