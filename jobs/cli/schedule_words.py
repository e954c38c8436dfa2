"""What `greenroom schedule` prints: schedules, what is to come of them, and what came."""

from __future__ import annotations

from typing import Any

import msgspec

from jobs import deciding, preview, schedules, scheduling, settling
from models import schedules as kept

_SHOWN = 3


def changed(desk: scheduling.Desk, name: str, wanted: schedules.Schedule, what: str) -> None:
    """Say that a schedule was changed, and when it is due from now on."""
    print(f"{name}: {what}; {preview.when(wanted)}")
    for policy in preview.policies(wanted):
        print(f"  {policy}")
    _say_coming(desk, name, wanted, _SHOWN)


def listed(desk: scheduling.Desk, *, json: bool) -> None:
    """Print every schedule with its next due time and its last run."""
    with desk.database.read() as connection:
        rows = [
            (row, kept.last_run(connection, row.id), kept.due_times(connection, row.id, limit=1))
            for row in kept.standing(connection)
        ]
    if json:
        print(_json([_entry(desk, row, run, due) for row, run, due in rows]))
        return
    for row, run, due in rows:
        wanted = settling.definition(row)
        if wanted is None:
            print(f"{row.name}  cannot be read by this version; change it with `schedule edit`")
            continue
        print(f"{row.name}  {wanted.collector} for {wanted.account}, {preview.when(wanted)}")
        print(f"  {_state(desk, row, wanted)}")
        if run is not None:
            print(
                f"  last run {run.id}: {run.status}, asked for {deciding.spoken(run.requested_at)}"
            )
        if due and due[0].run_id is None:
            print(f"  last due {deciding.spoken(due[0].due_at)}: {_outcome(due[0])}")
    if not rows:
        print("There is no schedule yet; `greenroom init` proposes some.")


def previewed(desk: scheduling.Desk, names: list[str], count: int, *, json: bool) -> None:
    """Print what is to come of schedules."""
    found = [(row, schedules.read(row.definition)) for row in _rows(desk, names)]
    if json:
        shown = [
            {"schedule": row.name, "coming": preview.coming(row.name, wanted, desk.now, count)}
            for row, wanted in found
        ]
        print(_json(shown))
        return
    for row, wanted in found:
        print(f"{row.name}: {preview.when(wanted)}{_rests(row)}")
        _say_coming(desk, row.name, wanted, count)


def history(desk: scheduling.Desk, name: str, limit: int, *, json: bool) -> None:
    """Print what became of a schedule's due times."""
    row = scheduling.standing(desk, name)
    with desk.database.read() as connection:
        found = kept.due_times(connection, row.id, limit=limit)
    if json:
        print(_json(found))
        return
    for one in found:
        print(f"{deciding.spoken(one.due_at)}  {_outcome(one)}")
    if not found:
        print(f"{name} has not been due yet.")


def _rows(desk: scheduling.Desk, names: list[str]) -> list[kept.Schedule]:
    """Return the schedules of these names. Raises BadConfig."""
    return [scheduling.standing(desk, name) for name in names]


def _say_coming(desk: scheduling.Desk, name: str, wanted: schedules.Schedule, count: int) -> None:
    for one in preview.coming(name, wanted, desk.now, count):
        print(f"  {preview.line(one, desk.now)}")


def _outcome(one: kept.DueTime) -> str:
    told = f"run {one.run_id}" if one.run_id is not None else one.outcome
    return f"{told}: {one.reason}" if one.reason else told


def _state(desk: scheduling.Desk, row: kept.Schedule, wanted: schedules.Schedule) -> str:
    if rests := _rests(row):
        return rests.removeprefix(", ")
    coming = preview.coming(row.name, wanted, desk.now, 1)
    return f"next {preview.line(coming[0], desk.now)}" if coming else "due when that has ended"


def _rests(row: kept.Schedule) -> str:
    if not row.enabled:
        return ", disabled"
    return f", paused since {deciding.spoken(row.paused_at)}" if row.paused_at else ""


def _entry(
    desk: scheduling.Desk, row: kept.Schedule, run: Any, due: list[kept.DueTime]
) -> dict[str, Any]:
    wanted = settling.definition(row)
    coming = preview.coming(row.name, wanted, desk.now, 1) if wanted else []
    due_again = coming and row.enabled and not row.paused_at
    return {
        "name": row.name,
        **row.definition,
        "origin": row.origin,
        "enabled": row.enabled,
        "paused_at": row.paused_at,
        "next_due_at": coming[0].due_at if due_again else None,
        "last_run": {"run": run.id, "status": run.status} if run else None,
        "last_due": due[0] if due else None,
    }


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
