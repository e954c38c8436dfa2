"""`greenroom runs`: what ran, how it ended, and what to do with it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli import exits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from models import closing, db

    Amend = Callable[[db.Connection, int], closing.Outcome]

app = typer.Typer(help="See runs; cancel, resume, confirm, discard or undo one.")

NONE_YET = "There is no run yet; begin one with `greenroom collect`."

NONE_SUCH = "There is no such run."

RunId = Annotated[int, typer.Argument(metavar="RUN", help="The run's number.")]
Account = Annotated[str | None, typer.Option("--account", "-a", help="Of this account.")]
Statuses = Annotated[
    list[str] | None, typer.Option(help="That stand so; may be given several times.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_runs(
    context: typer.Context,
    account: Account = None,
    schedule: Annotated[str | None, typer.Option(help="Asked for by this schedule.")] = None,
    collector: Annotated[str | None, typer.Option(help="Of this collector.")] = None,
    status: Statuses = None,
    before: Annotated[int | None, typer.Option(metavar="RUN", help="Older than this run.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 20,
    json: Json = False,
) -> None:
    """List the newest runs."""
    from jobs import report
    from jobs.cli import opening
    from models import run_list

    wanted = run_list.Wanted(
        limit=limit,
        account=account,
        schedule=schedule,
        collector=collector,
        statuses=tuple(status or ()),
        before=before,
    )
    with opening.session(context) as session, session.database.read() as connection:
        report.check_wanted(connection, session.chosen, wanted)
        lines = [*run_list.listed(connection, wanted)]
    if json:
        print(report.text([report.listed(line) for line in lines]))
        return
    for line in lines:
        print(report.brief(line))
    if not lines:
        print(NONE_YET if wanted == run_list.Wanted(limit=limit) else NONE_SUCH)


@app.command()
def show(context: typer.Context, run: RunId, json: Json = False) -> None:
    """Show one run: its end, its list's proof, what to do next."""
    from jobs.cli import opening, running

    with opening.session(context, json=json) as session, found(run):
        running.show(session, run)


@app.command()
def log(
    context: typer.Context,
    run: RunId,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on until the run has ended.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """Print what a run said while it worked, all its attempts."""
    from jobs import run_logs
    from jobs.cli import opening, reading

    with opening.session(context, json=json) as session, found(run):
        said = reading.followed(session, run) if follow else reading.kept(session, run)
        for line in said:
            print(line.decode().rstrip() if json else run_logs.words(line), flush=follow)


@app.command()
def cancel(context: typer.Context, run: RunId) -> int:
    """Call off a run that waits, or stop one that works."""
    from jobs import cancelling
    from jobs.cli import opening

    with opening.session(context) as session, found(run):
        ended = cancelling.cancel(session.chosen, session.database, session.given.environ, run)
    print(f"run {run} {ended}")
    return exits.OK if ended == cancelling.DONE else exits.BUSY


@app.command()
def resume(
    context: typer.Context,
    run: RunId,
    trace: Annotated[
        bool, typer.Option("--trace", help="Keep a trace for a day; it holds session cookies.")
    ] = False,
    json: Json = False,
) -> int:
    """Go on with a run from the page where it stopped."""
    from jobs import resuming
    from jobs.cli import opening, running

    with opening.session(context, json=json, trace=trace) as session:
        with found(run), session.database.read() as connection:
            resuming.check(connection, run)
        return running.resume(session, run)


@app.command()
def confirm(context: typer.Context, run: RunId) -> int:
    """Apply the held list of a run: its losses are real."""
    from models import follows

    return _amend(context, run, follows.confirm, "confirmed: new {new}, lost {lost}")


@app.command()
def discard(context: typer.Context, run: RunId) -> int:
    """Throw the held list of a run away; it has changed nothing."""
    from models import closing, follows

    def act(connection: db.Connection, run_id: int) -> closing.Outcome:
        follows.discard(connection, run_id)
        return closing.Outcome(state="discarded")

    return _amend(context, run, act, "discarded: nothing was changed")


@app.command()
def undo(context: typer.Context, run: RunId) -> int:
    """Take back exactly what a run's list did to follows."""
    from models import follows

    return _amend(
        context, run, follows.undo, "undone: {new} follows and {lost} unfollows taken back"
    )


def _amend(
    context: typer.Context,
    run: int,
    act: Callable[[db.Connection, int], closing.Outcome],
    said: str,
) -> int:
    from jobs import report
    from jobs.cli import opening
    from models import runs

    with opening.session(context) as session, found(run), session.database.write() as connection:
        runs.get(connection, run)
        outcome = act(connection, run)
        runs.amend(connection, run, report.amended(outcome))
    print(f"run {run} {said.format(new=outcome.new, lost=outcome.lost)}")
    return exits.OK


@contextmanager
def found(run: int) -> Iterator[None]:
    """Name a run that is not there, or that cannot be treated so, as the user's mistake."""
    from models import standing
    from scraper import errors

    try:
        yield
    except LookupError:
        raise errors.BadConfig("bad_request", f"there is no run {run}; see `runs list`") from None
    except standing.NotPossible as error:
        raise errors.BadConfig("not_possible", str(error)) from error
