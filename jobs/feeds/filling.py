"""Fill gaps from history: ask for runs that read the same, and judge what they brought."""

from __future__ import annotations

from jobs import orders, settings
from models import db, gaps, moment, runs
from scraper import errors
from scraper.sites import register


def act(database: db.Database, chosen: settings.Settings) -> None:
    """Ask for what fills gaps that are open, and settle those whose runs have ended."""
    with database.read() as connection:
        waiting = gaps.of_state(connection, "open", "filling")
    for gap in waiting:
        with database.write() as connection:
            if gap.state == "open":
                _ask(connection, chosen, gap)
            else:
                _settle(connection, gap)


def again(connection: db.Connection, gap_id: int) -> bool:
    """Let a gap be filled once more; tell whether there is one of that number."""
    return gaps.change(connection, gap_id, state="open", runs=[], words=None, settled_at=None)


def _ask(connection: db.Connection, chosen: settings.Settings, gap: gaps.Gap) -> None:
    """Place one run for each collector that reads the same from history; one for all gaps alike."""
    place, _, name = gap.feed.partition(".")
    feed = register.SITES[place].feeds.get(name) if place in register.SITES else None
    account = runs.account_of(connection, gap.account_id).name
    placed = []
    try:
        for collector in feed.fills if feed else ():
            wish = orders.Wish(
                collector=f"{place}.{collector}",
                account=account,
                requested_by=f"gap {gap.id}",
                target=gap.target,
                not_before=moment.now(),
            )
            placed.append(orders.place(connection, chosen, register.SITES, wish))
    except errors.BadConfig as error:
        _end(connection, gap, "unfilled", error.message)
        return
    if placed:
        gaps.change(connection, gap.id, state="filling", runs=placed)
    else:
        _end(connection, gap, "unfilled", "nothing reads the same from history")


def _settle(connection: db.Connection, gap: gaps.Gap) -> None:
    found = [runs.get(connection, run_id) for run_id in gap.runs]
    if any(run.status not in runs.FINAL for run in found):
        return
    said = {run.id: _judged(connection, gap, run) for run in found}
    covered = [run for run in found if said[run.id] is None]
    state = "filled" if len(covered) == len(found) else "partly" if covered else "unfilled"
    faults = [f"{run.collector}: {said[run.id]}" for run in found if said[run.id]]
    _end(connection, gap, state, "; ".join(faults) or None)


def _judged(connection: db.Connection, gap: gaps.Gap, run: runs.Run) -> str | None:
    """Return why a run does not prove that it has read all of the gap; None if it does.

    It does where it says that its history has no hole, where it shows again what was known of its
    history before, and where it reaches back before the gap.
    """
    if run.status != "ok":
        why = run.errors[0]["code"] if run.errors else run.status
        return f"run {run.id} ended {run.status} ({why})"
    if run.records > run.new or gaps.closed_by(connection, run.id):
        return None
    first = gaps.first_act(connection, run.id)
    if first is not None and first <= gap.since:
        return None
    return f"run {run.id} may not reach back to the beginning"


def _end(connection: db.Connection, gap: gaps.Gap, state: str, words: str | None) -> None:
    gaps.change(connection, gap.id, state=state, words=words, settled_at=moment.now())
