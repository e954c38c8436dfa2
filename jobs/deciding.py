"""What becomes of due times: a function of the schedule, the present and a few facts.

Asked in this order; the first that holds decides:

1. the schedule is paused: `paused`
2. the due time lies in its quiet window: `quiet`
3. it was seen more than a minute late: `missed`; but with missed = "once" one run makes up for all
   that were missed, unless a due time that is seen in time does
4. the account waits for its operator: `waiting`
5. an earlier run of the schedule stands in the way: `overlapped`
6. otherwise: `run`, or `refused` if the settings do not allow it any more
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from jobs import schedules, timing

Outcome = Literal["run", "missed", "overlapped", "paused", "waiting", "quiet", "refused"]

GRACE = timedelta(seconds=60)
"""How late a due time may be seen and still count as seen in time."""

KEPT = 1000
"""How many due times of one stop get a row each; those before them share one."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What deciding needs to know beside the schedule and the present.

    `backlog` holds the due times to be decided, `decided_until` is when that was done last;
    `waiting` says what the account waits for; `running` and `queued` are runs of the schedule.
    """

    name: str
    backlog: timing.Backlog
    decided_until: datetime
    paused_at: datetime | None = None
    waiting: str | None = None
    running: tuple[int, ...] = ()
    queued: tuple[int, ...] = ()


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a due time of a schedule; a `run` starts at `not_before` or later.

    `made_up` tells that the run of this batch, if there is one, stands for this missed due time.
    """

    schedule: str
    due_at: datetime
    outcome: Outcome
    reason: str | None = None
    not_before: datetime | None = None
    made_up: bool = False
    run_id: int | None = None

    def words(self) -> str:
        """Say it in a line."""
        came = f"run {self.run_id}" if self.run_id is not None else self.outcome
        why = f" ({self.reason})" if self.reason else ""
        return f"{self.schedule}, due {spoken(self.due_at)}: {came}{why}"


def decide(schedule: schedules.Schedule, now: datetime, facts: Facts) -> list[Decision]:
    """Decide every due time that is at hand, oldest first."""
    late_or_not = [due for due in facts.backlog.dues if _rest(schedule, facts, due) is None]
    chosen = _chosen(schedule, now, late_or_not)
    hopeful = [due for due in late_or_not if due in chosen]
    gate = dict(_through_gates(schedule, facts, hopeful))
    runs = any(found is None for found in gate.values())
    decided = [*_folded(facts, now)]
    for due in facts.backlog.dues:
        rest = _rest(schedule, facts, due)
        if rest is None and due not in chosen:
            rest = ("missed", _late(now, facts, due))
        found = rest or gate.get(due)
        outcome, reason = found or ("run", None)
        decided.append(
            Decision(
                schedule=facts.name,
                due_at=due,
                outcome=outcome,
                reason=reason,
                not_before=None if found else begins(schedule, facts.name, due, now),
                made_up=outcome == "missed" and schedule.missed == "once" and runs,
            )
        )
    return decided


def begins(schedule: schedules.Schedule, name: str, due: datetime, now: datetime) -> datetime:
    """Return from when a run may start: its due time with jitter, never within the quiet window.

    The jitter is the same whenever it is asked for.
    """
    seed = hashlib.sha256(f"{name} {due.isoformat()}".encode()).digest()
    share = int.from_bytes(seed[:4]) / 2**32
    start = due + timedelta(seconds=round(schedule.jitter * share))
    return schedules.after_quiet(schedule, max(start, now) if now - due > GRACE else start)


def spoken(at: datetime) -> str:
    """Write an instant for a reason: UTC, to the second where it has one."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at.second else f"{at:%Y-%m-%d %H:%M} UTC"


_Found = tuple[Outcome, str]


def _rest(schedule: schedules.Schedule, facts: Facts, due: datetime) -> _Found | None:
    """Return why nothing was ever to run at a due time; None if something was."""
    if facts.paused_at is not None and due >= facts.paused_at:
        return "paused", f"paused since {spoken(facts.paused_at)}"
    if schedules.in_quiet(schedule, due):
        return "quiet", f"within the quiet window {schedule.quiet}"
    return None


def _chosen(schedule: schedules.Schedule, now: datetime, dues: Iterable[datetime]) -> set[datetime]:
    """Return the due times that a run is wanted for: those seen in time, or what makes up.

    What follows a run is never late: its due time is not one of the clock.
    """
    dues = list(dues)
    timely = {due for due in dues if schedule.after is not None or now - due <= GRACE}
    if timely or schedule.missed == "skip":
        return timely
    return set(dues[-1:])


def _through_gates(
    schedule: schedules.Schedule, facts: Facts, dues: list[datetime]
) -> Iterator[tuple[datetime, _Found | None]]:
    """Yield for each due time what keeps it from running, None if nothing does."""
    running, queued = list(facts.running), list(facts.queued)
    for due in dues:
        if facts.waiting is not None:
            yield due, ("waiting", facts.waiting)
        elif schedule.overlap == "replace":
            again = f"due again at {spoken(dues[-1])}, before it could start"
            yield due, None if due == dues[-1] else ("overlapped", again)
        elif queued:
            yield due, ("overlapped", f"{_run(queued[0])} still waits to start")
        elif running and schedule.overlap == "skip":
            yield due, ("overlapped", f"{_run(running[0])} is still running")
        else:
            queued.append(0)
            yield due, None


def _run(run_id: int) -> str:
    return f"run {run_id}" if run_id else "the run before it"


def _late(now: datetime, facts: Facts, due: datetime) -> str:
    if now - facts.decided_until > GRACE:
        return f"nobody led the clock from {spoken(facts.decided_until)} to {spoken(now)}"
    return f"seen {(now - due).total_seconds():.0f} s late"


def _folded(facts: Facts, now: datetime) -> Iterator[Decision]:
    """Yield one decision for the due times that are too many to have a row each."""
    first, older = facts.backlog.first, facts.backlog.older
    if not older or first is None:
        return
    paused = facts.paused_at is not None and first >= facts.paused_at
    why = f"paused since {spoken(facts.paused_at)}" if facts.paused_at and paused else ""
    counted = f"and {older - 1} more before {spoken(facts.backlog.dues[0])}"
    yield Decision(
        schedule=facts.name,
        due_at=first,
        outcome="paused" if paused else "missed",
        reason=f"{why or _late(now, facts, first)}; {counted}",
    )
