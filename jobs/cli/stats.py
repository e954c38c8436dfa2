"""`greenroom stats`: histories and comparisons, as numbers or as a plot in the terminal."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from jobs.cli import ledger

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from models import insights

app = typer.Typer(help="Histories of people, and the ledger of tips.")
app.command("tips-ledger")(ledger.tips_ledger)

Username = Annotated[str, typer.Argument(metavar="USERNAME", help="Any name they have had.")]
SiteName = Annotated[str, typer.Option("--site", help="The site they are at.")]
Days = Annotated[float, typer.Option("--days", min=0.01, max=3660, help="How far back.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Zone = Annotated[str, typer.Option("--timezone", help="IANA zone of the days.")]


@app.command()
def followers(
    context: typer.Context,
    username: Username,
    site: SiteName = "chaturbate",
    days: Days = 30.0,
    json: Json = False,
) -> None:
    """Plot a person's follower count."""
    _series(context, (site, username, "followers"), days, json=json)


@app.command()
def rank(
    context: typer.Context,
    username: Username,
    site: SiteName = "chaturbate",
    days: Days = 30.0,
    json: Json = False,
) -> None:
    """Plot a person's rank; the best is at the top."""
    _series(context, (site, username, "rank"), days, json=json)


@app.command()
def movers(
    context: typer.Context,
    site: SiteName = "chaturbate",
    field: Annotated[
        Literal["followers", "rank", "viewers"], typer.Option("--of", help="Which number.")
    ] = "followers",
    days: Days = 7.0,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 20,
    json: Json = False,
) -> None:
    """List whose number changed most, either way."""
    from jobs.cli import opening
    from models import insights, moment

    until = moment.now()
    with opening.session(context, json=json) as session, session.database.read() as connection:
        since = until - dt.timedelta(days=days)
        found = insights.movers(connection, site, field, since, until, limit)
    if json:
        _print([{**_plain(mover), "change": mover.change} for mover in found])
        return
    for mover in found:
        numbers = f"{mover.before} to {mover.after}"
        print(f"{mover.change:>+9}  {mover.username:<24} {numbers} ({mover.source})")
    if not found:
        print(f"Nobody's {field} is known to have changed in that time.")


@app.command()
def hours(
    context: typer.Context,
    username: Username,
    site: SiteName = "chaturbate",
    days: Days = 14.0,
    timezone: Zone = "UTC",
    json: Json = False,
) -> None:
    """Plot the hours that a person was seen online each day."""
    from models import insights

    zone = _zone(timezone)
    found = insights.by_day(_online(context, site, username, days), zone)
    spent = {str(day): round(found[day].total_seconds() / 3600, 2) for day in sorted(found)}
    if json:
        _print(spent)
        return
    for day, length in spent.items():
        print(f"{day}  {length:5.2f} h  {'#' * round(length * 2)}")
    if not spent:
        print(f"{username} was not seen online in that time.")


@app.command()
def broadcasts(
    context: typer.Context,
    username: Username,
    site: SiteName = "chaturbate",
    days: Days = 14.0,
    json: Json = False,
) -> None:
    """List when a person was seen broadcasting (UTC)."""
    from models import insights

    found = insights.broadcasts(_online(context, site, username, days))
    rows = [
        {"start": begins, "end": ends, "minutes": round((ends - begins).total_seconds() / 60, 1)}
        for begins, ends in found
    ]
    if json:
        _print(rows)
        return
    for row in rows:
        print(f"{row['start']:%Y-%m-%d %H:%M} to {row['end']:%H:%M}  {row['minutes']:>6} min")
    total = sum(float(str(row["minutes"])) for row in rows)
    print(f"{len(rows)} broadcasts, {total / 60:.1f} hours in all")


@app.command()
def telemetry(
    context: typer.Context,
    room: Annotated[str, typer.Argument(metavar="ROOM", help="The room, as its sender names it.")],
    platform: Annotated[str, typer.Argument(metavar="PLATFORM", help="The platform.")],
    days: Days = 1.0,
    json: Json = False,
) -> None:
    """List what a room stood at; changes are no tips."""
    import itertools

    from jobs.cli import opening
    from models import moment
    from models import telemetry as kept

    since = moment.now() - dt.timedelta(days=days)
    with opening.session(context, json=json) as session, session.database.read() as connection:
        rows = kept.history(connection, room, platform, since)
    changes = [None, *(after.tokens - before.tokens for before, after in itertools.pairwise(rows))]
    told = [
        {**_plain(row), "balance_change": change}
        for row, change in zip(rows, changes, strict=False)
    ]
    if json:
        _print(told)
        return
    for row, one in zip(rows, told, strict=True):
        change = one["balance_change"]
        moved = "" if change is None else f"{change:+}"
        print(
            f"{row.arrived_at:%Y-%m-%d %H:%M:%S}  balance {row.tokens:>10} {moved:>9}"
            f"  tips {row.tips}  viewers {row.viewers}"
        )
    if not told:
        print(f"Nobody has stated anything of {room} on {platform} in that time.")


def _online(
    context: typer.Context, site: str, username: str, days: float
) -> list[insights.Stretch]:
    from jobs import persons
    from jobs.cli import opening
    from models import current_state, insights, moment

    with opening.session(context) as session, session.database.read() as connection:
        state = persons.find(connection, site, username)
        known = [person for person, _ in current_state.names(connection, state.person_id)]
        return insights.online(connection, known, *persons.window(days, moment.now()))


def _series(context: typer.Context, what: tuple[str, str, str], days: float, *, json: bool) -> None:
    from jobs import persons
    from jobs.cli import opening
    from models import current_state, insights, moment

    site, username, field = what
    with opening.session(context, json=json) as session, session.database.read() as connection:
        state = persons.find(connection, site, username)
        known = [person for person, _ in current_state.names(connection, state.person_id)]
        window = persons.window(days, moment.now())
        points = insights.series(connection, known, field, *window)
    if json:
        _print(points)
        return
    if not points:
        print(f"No source has said anything of the {field} of {username} in that time.")
        return
    if len({point.at for point in points} | {point.until for point in points}) > 1:
        print(plot(points, field, best_is_least=field.endswith("rank")))
    first, last = points[0], points[-1]
    print(f"{field}: {first.value} to {last.value} ({last.value - first.value:+})")


def plot(points: Sequence[insights.Point], title: str, *, best_is_least: bool = False) -> str:
    """Return a plot of points, a line for each source, as wide as the terminal."""
    import shutil

    import plotext

    size = shutil.get_terminal_size((80, 24))
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plotsize(min(size.columns, 120), min(size.lines, 24))
    plotext.title(title)
    plotext.date_form("Y-m-d H:M")
    for source in dict.fromkeys(point.source for point in points):
        ends = [
            (at, point.value)
            for point in points
            if point.source == source
            for at in dict.fromkeys((point.at, point.until))
        ]
        plotext.plot(
            [f"{at:%Y-%m-%d %H:%M}" for at, _ in ends], [value for _, value in ends], label=source
        )
    if best_is_least:
        plotext.yreverse(True)  # noqa: FBT003 - the library's own way
    return str(plotext.uncolorize(plotext.build()))


def _zone(name: str) -> dt.tzinfo:
    import zoneinfo

    from scraper import errors

    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
        raise errors.BadConfig("bad_request", f"{name} is no IANA time zone") from error


def _plain(value: Any) -> dict[str, Any]:
    import msgspec

    return msgspec.structs.asdict(value)


def _print(told: Iterable[Any]) -> None:
    import msgspec

    print(msgspec.json.encode(told).decode())
