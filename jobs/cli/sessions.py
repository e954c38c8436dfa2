"""`greenroom sessions`: when you were on, what happened then, and what you say yourself of it."""

from __future__ import annotations

import datetime as dt
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli import times

if TYPE_CHECKING:
    from models import broadcast_facts

app = typer.Typer(help="See your broadcast sessions; start and end them by hand.")

Account = Annotated[str | None, typer.Option("--account", "-a", help="Of this account's room.")]
SiteName = Annotated[
    str | None, typer.Option("--site", help="Of this site (default: the account's, or chaturbate).")
]
Room = Annotated[str | None, typer.Option(help="Of this room.")]
At = Annotated[dt.datetime | None, typer.Option(help="At this time (UTC). Default: now.")]
Note = Annotated[str | None, typer.Option(help="A few words to remember it by.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command(name="list")
def list_(
    context: typer.Context,
    account: Account = None,
    site: SiteName = None,
    room: Room = None,
    since: Annotated[dt.datetime | None, typer.Option(help="Not before this time (UTC).")] = None,
    until: Annotated[dt.datetime | None, typer.Option(help="Before this time (UTC).")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many.")] = 50,
    json: Json = False,
) -> None:
    """List sessions, the newest first; ~ marks what nobody stated."""
    import msgspec

    from jobs import broadcasts
    from jobs.cli import opening
    from models import moment, session_list

    now = moment.now()
    with opening.session(context, json=json) as session:
        place = broadcasts.room(session.chosen, account, site, room)
        wanted = session_list.Wanted(
            site=place[0] if place else site,
            room=place and place[1],
            since=times.utc(since),
            until=times.utc(until),
        )
        found = broadcasts.newest(session.database, wanted, limit, now)
    if json:
        print(msgspec.json.encode(found).decode())
        return
    for one in found:
        print(broadcasts.line(one, now))
    if not found:
        print("no session is known", file=sys.stderr)


@app.command()
def show(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="ID", help="The session's number.")],
    json: Json = False,
) -> None:
    """Show a session: by whose word, and what happened by the hour."""
    import msgspec

    from jobs import broadcasts
    from jobs.cli import opening
    from models import moment

    now = moment.now()
    with opening.session(context, json=json) as session:
        told = broadcasts.show(session.database, number, now)
    if json:
        print(msgspec.json.encode(told).decode())
        return
    for line in broadcasts.lines(told, now):
        print(line)


@app.command()
def start(
    context: typer.Context,
    account: Account = None,
    site: SiteName = None,
    room: Room = None,
    at: At = None,
    note: Note = None,
    json: Json = False,
) -> None:
    """Say that a session starts, or when it started."""
    from jobs import broadcasts
    from jobs.cli import opening

    begun = times.past(at)
    with opening.session(context, json=json) as session:
        place = _named(broadcasts.room(session.chosen, account, site, room))
        said = broadcasts.start(session.database, place, begun, note)
    _say(said.id, f"session {said.id} started at {said.started:%Y-%m-%d %H:%M:%S} UTC", json=json)


@app.command()
def end(
    context: typer.Context,
    number: Annotated[
        int | None, typer.Argument(metavar="ID", help="Default: the one that goes on.")
    ] = None,
    account: Account = None,
    site: SiteName = None,
    room: Room = None,
    at: At = None,
    note: Note = None,
    json: Json = False,
) -> None:
    """Say that a session ends, whatever evidence says."""
    from jobs import broadcasts
    from jobs.cli import opening

    over = times.past(at)
    with opening.session(context, json=json) as session:
        place = broadcasts.room(session.chosen, account, site, room)
        which = number if number is not None else _named(place)
        said = broadcasts.end(session.database, which, over, note)
    _say(said.id, f"session {said.id} ended at {said.ended:%Y-%m-%d %H:%M:%S} UTC", json=json)


def _named(place: broadcast_facts.Room | None) -> broadcast_facts.Room:
    from scraper import errors

    if place is None:
        raise errors.BadConfig("bad_request", "whose session? --account NAME, or --room ROOM")
    return place


def _say(key: int, words: str, *, json: bool) -> None:
    print(f'{{"id":{key}}}' if json else words)
