"""What a run came to, as one object: the contract of `--json`, and its words for a human."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, get_args

import msgspec

from jobs import orders
from models import closing, db, run_list, runs, schedules, standing
from scraper import errors as codes

if TYPE_CHECKING:
    from jobs import settings

Status = Literal[
    "queued",
    "running",
    "listening",
    "ok",
    "partial",
    "held",
    "needs_operator",
    "failed",
    "cancelled",
    "busy",
]
"""Where a run stands; all but the first three are ends."""

NOT_KEPT = 0
"""The number of a run that was only rehearsed: there is no such run in the table."""


class Error(msgspec.Struct, frozen=True, kw_only=True):
    """An error that the run met."""

    code: str
    message: str
    url: str | None


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """What the run claims about the list it walked."""

    complete: bool
    declared: int | None
    seen: int
    end_proof: str | None
    reasons: list[str]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A run, as `collect --json` and `runs show --json` print it (docs/run.schema.json)."""

    run: int
    collector: str
    account: str
    status: Status
    pages: int
    records: int
    new: int
    lost: int
    returned: int
    seconds: float
    listing: Listing | None
    errors: list[Error]


def of(connection: db.Connection, run_id: int) -> Report:
    """Return the report of a run. Raises LookupError when there is none of that number."""
    run = runs.get(connection, run_id)
    return Report(
        run=run.id,
        collector=run.collector,
        account=runs.account_of(connection, run.account_id).name,
        status=msgspec.convert(run.status, Status),
        pages=run.pages,
        records=run.records,
        new=run.new,
        lost=run.lost,
        returned=run.returned,
        seconds=round(run.seconds, 3),
        listing=_listing(connection, run_id),
        errors=[Error(**error) for error in run.errors],
    )


def listed(line: run_list.Line) -> Report:
    """Return the report of a run in a list."""
    return Report(
        run=line.id,
        collector=line.collector,
        account=line.account,
        status=msgspec.convert(line.status, Status),
        pages=line.pages,
        records=line.records,
        new=line.new,
        lost=line.lost,
        returned=line.returned,
        seconds=round(line.seconds, 3),
        listing=msgspec.convert(line.listing, Listing) if line.listing else None,
        errors=[Error(**error) for error in line.errors],
    )


def check_wanted(
    connection: db.Connection, chosen: settings.Settings, wanted: run_list.Wanted
) -> None:
    """Raise BadConfig for runs that are wanted by a name that nothing has."""
    if wanted.account is not None:
        orders.known(chosen, wanted.account)
    if wanted.schedule is not None and schedules.named(connection, wanted.schedule) is None:
        raise codes.BadConfig("bad_request", f"there is no schedule {wanted.schedule}")
    for status in wanted.statuses:
        if status not in get_args(Status):
            known = ", ".join(get_args(Status))
            raise codes.BadConfig("bad_request", f"no run is {status}; statuses are {known}")


def brief(line: run_list.Line) -> str:
    """Return a run in a list as one line: when and by which schedule, what it came to."""
    asked = f"{line.requested_at:%Y-%m-%d %H:%M:%S}"
    schedule = f", schedule {line.schedule}" if line.schedule else ""
    codes_met = "".join(f" [{error['code']}]" for error in line.errors)
    return f"{asked} run {line.id} {_came_to(line)}{schedule}{codes_met}"


def record(connection: db.Connection, run_id: int) -> list[str]:
    """Return who asked for a run and when, and when it worked, as a few lines for a human."""
    run = runs.get(connection, run_id)
    asked = f"  asked for by {run.requested_by}, {_time(run.requested_at)}"
    if run.schedule_id is not None and run.due_at is not None:
        name = run_list.schedule_name(connection, run.schedule_id)
        asked += f", schedule {name}, due {_time(run.due_at)}"
    worked = f"  attempt {run.attempt}, version {run.version}"
    times = {"first started": run.started_at, "ended": run.ended_at}
    if run.status == "queued":
        times["not before"] = run.not_before
    told = "".join(f", {what} {_time(when)}" for what, when in times.items() if when)
    stop = f", told to stop ({run.stop})" if run.stop else ""
    return [asked, f"{worked}{told}{stop}"]


def _time(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"


def _listing(connection: db.Connection, run_id: int) -> Listing | None:
    facts = standing.facts(connection, run_id)
    return msgspec.convert(facts, Listing) if facts else None


def refused(report: Report, error: codes.GreenroomError) -> Report:
    """Return a run's report as that of a command that could not touch it."""
    told = Error(code=error.code, message=error.message, url=error.url)
    return msgspec.structs.replace(report, status="busy", errors=[told])


def amended(outcome: closing.Outcome) -> dict[str, Any]:
    """Return what a run came to after the operator confirmed, discarded or undid its list."""
    if outcome.state == "complete":
        gains = {"new": outcome.new, "lost": outcome.lost, "returned": outcome.returned}
        return {"status": "ok", **gains}
    return {"new": 0, "lost": 0, "returned": 0}


def text(report: Report | list[Report]) -> str:
    """Return the same as text."""
    return msgspec.json.encode(report).decode()


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a report."""
    found = msgspec.json.schema(Report)
    found["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return found


def lines(report: Report) -> list[str]:
    """Return a few lines for a human: how it ended, the proof or what is missing, what to do."""
    name = f"run {report.run}" if report.run != NOT_KEPT else "dry run"
    told = [f"{name} {_came_to(report)}"]
    if report.listing:
        told += _proof(report.listing)
    if report.status in {"ok", "held"}:
        told.append(_gains(report))
    for error in report.errors:
        told += _trouble(error)
    return [*told, *_next(report)]


def _came_to(run: Report | run_list.Line) -> str:
    pages = "1 page" if run.pages == 1 else f"{run.pages} pages"
    ended = f"{run.collector} as {run.account}: {run.status}"
    return f"{ended}, {pages}, {run.records} records in {run.seconds:.1f} s"


def _proof(listing: Listing) -> list[str]:
    declared = "?" if listing.declared is None else listing.declared
    proved = f"proved complete ({listing.end_proof})" if listing.complete else "not proved complete"
    return [
        f"  {listing.seen} of {declared} seen, {proved}",
        *(f"  - {reason}" for reason in listing.reasons),
    ]


def _gains(report: Report) -> str:
    """Return what changed; nobody is lost from a history."""
    gains = f"  new {report.new}"
    return f"{gains}, lost {report.lost}, returned {report.returned}" if report.listing else gains


def _trouble(error: Error) -> list[str]:
    """Return what an error was, and what to do where its message does not say so itself."""
    said = [f"  error[{error.code}]: {error.message}"]
    remedy = codes.CODES.get(error.code, error.message)
    return said if error.message == remedy else [*said, f"  remedy: {remedy}"]


def _next(report: Report) -> list[str]:
    """Return what the operator can do about a run that did not end well."""
    if report.run == NOT_KEPT:
        return ["  dry run: nothing was kept"]
    if report.status == "held":
        ways = " or ".join(f"`greenroom runs {act} {report.run}`" for act in ("confirm", "discard"))
        look = f"`greenroom runs show {report.run}` says who is meant"
        return [f"  nothing was changed; {look}, then {ways}"]
    if report.collector.endswith(".fetch") or report.status == "queued":
        return []
    if report.errors or report.status in {"partial", "cancelled"}:
        return [f"  go on with `greenroom runs resume {report.run}`"]
    return []
