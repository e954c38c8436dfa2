"""`greenroom lists`: who is on a list, then and now, and what changed in between."""

from __future__ import annotations

import datetime as dt
import sys
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from jobs.cli import times

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jobs.cli import running

app = typer.Typer(help="See who is on a list at any date, and what changed.")

Account = Annotated[str, typer.Option("--account", "-a", help="Of this account.")]
Kind = Annotated[
    Literal["followers", "following"], typer.Option(help="Who follows you, or whom you follow.")
]
AsOf = Annotated[dt.datetime | None, typer.Option(help="At this time (UTC). Default: now.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON lines.")]

DIRECTION: dict[str, Literal["follower", "following"]] = {
    "followers": "follower",
    "following": "following",
}


@app.command()
def members(
    context: typer.Context,
    account: Account,
    kind: Kind = "followers",
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """List the members, and the run that the answer rests on."""
    from jobs import orders
    from jobs.cli import opening
    from models import queries

    at = times.past(as_of)
    with opening.session(context, json=json) as session:
        with session.database.write() as connection:
            who = orders.account(connection, session.chosen, account).id
        with opening.answerable(), session.database.read() as connection:
            rests = queries.basis(connection, who, DIRECTION[kind], at)
            count = _print(session, queries.members(connection, who, DIRECTION[kind], at))
    read = f"the list that run {rests.run_id} read at {rests.as_of:%Y-%m-%d %H:%M:%S} UTC"
    print(f"{count} {kind}, by {read}", file=sys.stderr)


@app.command()
def diff(
    context: typer.Context,
    account: Account,
    kind: Kind = "followers",
    run: Annotated[
        list[int] | None, typer.Option(help="Twice: from this run's list to that one's.")
    ] = None,
    as_of: Annotated[
        list[dt.datetime] | None, typer.Option(help="Twice: from this time to that (UTC).")
    ] = None,
    json: Json = False,
) -> None:
    """List who was gained and lost between two runs or two times."""
    from jobs import orders
    from jobs.cli import opening
    from models import queries

    with opening.session(context, json=json) as session:
        with session.database.write() as connection:
            who = orders.account(connection, session.chosen, account).id
        with opening.answerable(), session.database.read() as connection:
            ends = [queries.at_run(connection, who, DIRECTION[kind], one) for one in run or ()]
            ends += [
                queries.basis(connection, who, DIRECTION[kind], times.past(time)).as_of
                for time in as_of or ()
            ]
            before, after = _two(ends)
            found = queries.difference(connection, who, DIRECTION[kind], before, after)
            count = _print(session, found)
    between = f"{before:%Y-%m-%d %H:%M:%S} and {after:%Y-%m-%d %H:%M:%S} UTC"
    print(f"{count} gained or lost between {between}", file=sys.stderr)


@app.command()
def events(
    context: typer.Context,
    account: Account,
    kind: Kind = "followers",
    since: Annotated[dt.datetime | None, typer.Option(help="Not before this time (UTC).")] = None,
    until: Annotated[dt.datetime | None, typer.Option(help="Not after this time (UTC).")] = None,
    json: Json = False,
) -> None:
    """List who followed and unfollowed when, and how we know."""
    from jobs import orders
    from jobs.cli import opening
    from models import timeline

    window = (times.past(since), times.past(until))
    with opening.session(context, json=json) as session:
        with session.database.write() as connection:
            who = orders.account(connection, session.chosen, account).id
        with opening.answerable(), session.database.read() as connection:
            found = timeline.events(connection, who, DIRECTION[kind], *window)
            count = _print(session, found)
    print(f"{count} follows and unfollows", file=sys.stderr)


def _two(ends: list[dt.datetime]) -> tuple[dt.datetime, dt.datetime]:
    from scraper import errors

    if len(ends) != 2:  # noqa: PLR2004 - a difference has two ends
        raise errors.BadConfig(
            "bad_request", "a difference needs two ends: --run A --run B, or two --as-of"
        )
    return min(ends), max(ends)


def _print(session: running.Session, rows: Iterator[Mapping[str, Any]]) -> int:
    import msgspec

    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 - the last number is the count
        if session.json:
            print(msgspec.json.encode(row).decode())
        elif "kind" in row:
            by = f"({row['source']}, {row['confidence']})"
            print(f"{row['at']:%Y-%m-%d %H:%M:%S} {row['kind']:<8} {row['username']} {by}")
        elif "change" in row:
            print(f"{'+' if row['change'] == 'gained' else '-'} {row['username']}")
        else:
            since = f" since {row['since']:%Y-%m-%d}" if row["since"] else ""
            print(f"{row['username']}{since}")
    return count
