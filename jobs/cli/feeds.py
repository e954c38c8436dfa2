"""`greenroom feeds`: what the service listens to, how that stands, and what it did not hear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from datetime import datetime

    from models import feeds, gaps

app = typer.Typer(help="Live feeds: how they stand, and the gaps in them.")

_JUST_NOW = 120
"""Seconds up to which an age says more than a date."""

Name = Annotated[str, typer.Argument(metavar="NAME", help="The feed's name in the settings.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_(context: typer.Context, json: Json = False) -> None:
    """List the feeds and how they stand."""
    from jobs.cli import opening
    from jobs.feeds import station
    from models import moment

    with opening.session(context, json=json) as session, session.database.read() as connection:
        found = station.listed(connection)
    wanted = [name for name, feed in session.chosen.feeds.items() if feed.enabled]
    never = sorted({*wanted} - {feed.name for feed in found})
    if json:
        _print([*map(_plain, found), *({"name": name, "state": "off"} for name in never)])
        return
    now = moment.now()
    for feed in found:
        print(_line(feed, now))
    for name in never:
        print(f"{name:<16} off           no service has listened yet: `greenroom serve`")
    if not found and not never:
        print("No feed is wanted. Add [feeds.NAME] to the settings; `feeds known` lists them.")


@app.command()
def known(json: Json = False) -> None:
    """List the feeds that sites have."""
    from scraper.sites import register

    there = {
        f"{one.name}.{name}": feed
        for one in register.SITES.values()
        for name, feed in one.feeds.items()
    }
    if json:
        _print(
            {
                name: {"way": feed.way, "tokens": feed.tokens, "summary": feed.summary}
                for name, feed in there.items()
            }
        )
        return
    for name, feed in sorted(there.items()):
        tokens = f" (tokens: {', '.join(feed.tokens)})" if feed.tokens else ""
        print(f"{name:<24} {feed.way:<7} {feed.summary}{tokens}")


@app.command()
def address(
    context: typer.Context,
    name: Name,
    new: Annotated[bool, typer.Option("--new", help="Make another; the old one is void.")] = False,
    json: Json = False,
) -> None:
    """Show where a feed is pushed to; make its secret."""
    from jobs.cli import opening
    from jobs.feeds import addressing

    with opening.session(context, json=json) as session:
        environ = session.given.environ
        found = addressing.of(session.chosen, session.database, name, environ, new=new)
    if json:
        _print(found)
        return
    for url in found:
        print(url)


@app.command()
def pause(context: typer.Context, name: Name) -> None:
    """Let a feed be until it is resumed."""
    from models import moment

    _change(context, name, paused_at=moment.now())
    print(f"{name} is paused; what it does not keep itself will be a gap.")


@app.command()
def resume(context: typer.Context, name: Name) -> None:
    """Let a paused or stopped feed be listened to at once."""
    from models import moment

    _change(context, name, paused_at=None, asked_at=moment.now())
    print(f"{name} goes on as soon as a service sees it.")


@app.command("gaps")
def gaps_(
    context: typer.Context,
    all_: Annotated[bool, typer.Option("--all", help="Those that were filled, too.")] = False,
    json: Json = False,
) -> None:
    """List the times that feeds did not tell of."""
    from jobs.cli import opening
    from models import gaps

    with opening.session(context, json=json) as session, session.database.read() as connection:
        found = gaps.of_state(connection)
    shown = [gap for gap in found if all_ or gap.state != "filled"]
    if json:
        _print([_plain(gap) for gap in shown])
        return
    for gap in shown:
        print(_gap(gap))
    if not shown:
        print("There is no gap." if not found else f"All {len(found)} gaps are filled.")


@app.command()
def fill(
    context: typer.Context,
    gap: Annotated[int, typer.Argument(metavar="GAP", help="The gap's number.")],
) -> None:
    """Let the service read a gap from history once more."""
    from jobs.cli import opening
    from jobs.feeds import filling
    from scraper import errors

    with opening.session(context) as session, session.database.write() as connection:
        if not filling.again(connection, gap):
            raise errors.BadConfig("bad_request", f"there is no gap {gap}; see `feeds gaps --all`")
    print(f"gap {gap} is filled as soon as a service sees it.")


def _change(context: typer.Context, name: str, **values: Any) -> None:
    from jobs.cli import opening
    from models import feeds
    from scraper import errors

    with opening.session(context) as session, session.database.write() as connection:
        if feeds.get(connection, name) is None:
            known = ", ".join(feed.name for feed in feeds.listed(connection)) or "none yet"
            raise errors.BadConfig(
                "bad_request", f"no feed {name} was listened to (known: {known})"
            )
        feeds.change(connection, name, **values)


def _line(feed: feeds.Feed, now: datetime) -> str:
    what = f"{feed.feed} {feed.target}" if feed.target else feed.feed
    state = feed.state.replace("_", " ")
    if feed.again_at:
        state += f" until {feed.again_at:%H:%M:%S} UTC"
    elif not feed.code:
        state += f" since {feed.since:%Y-%m-%d %H:%M:%S} UTC"
    if feed.code:
        state += f" because {feed.code}: {feed.reason}"
    told = f", last {_ago(now, feed.told_at)}" if feed.told_at else ""
    if feed.refused_at:
        told += f"; {feed.refusals} refused, last {_ago(now, feed.refused_at)}: {feed.refusal}"
    return f"{feed.name:<16} {state}; {what} as {feed.account}, {feed.records} told{told}"


def _gap(gap: gaps.Gap) -> str:
    target = f" {gap.target}" if gap.target else ""
    span = f"{gap.since:%Y-%m-%d %H:%M:%S} to {gap.until:%Y-%m-%d %H:%M:%S} UTC"
    runs = f", runs {', '.join(map(str, gap.runs))}" if gap.runs else ""
    words = f": {gap.words}" if gap.words else ""
    return f"gap {gap.id} {gap.feed}{target} {span} ({gap.reason}) {gap.state}{runs}{words}"


def _ago(now: datetime, when: datetime) -> str:
    seconds = max(0.0, (now - when).total_seconds())
    return f"{seconds:.0f} s ago" if seconds < _JUST_NOW else f"{when:%Y-%m-%d %H:%M:%S} UTC"


def _plain(row: feeds.Feed | gaps.Gap) -> dict[str, Any]:
    import msgspec

    return {
        name: value for name, value in msgspec.structs.asdict(row).items() if name != "account_id"
    }


def _print(found: Any) -> None:
    import msgspec

    print(msgspec.json.encode(found).decode())
