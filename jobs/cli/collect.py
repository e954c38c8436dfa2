"""`greenroom collect`: run a collector now, in this process."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from jobs.cli import state, times


def collectors(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List what can be collected."""
    import msgspec

    from scraper.sites import register

    state.of(context).start()
    found = [
        {
            "collector": f"{site.name}.{collector.name}",
            "summary": collector.summary,
            "target": collector.targeted,
            "list": collector.direction,
        }
        for site in register.SITES.values()
        for collector in site.collectors.values()
    ]
    if json:
        print(msgspec.json.encode(found).decode())
        return
    for one in found:
        target = " --target ROOM" if one["target"] else ""
        print(f"{one['collector']}{target}: {one['summary']}")


def collect(
    context: typer.Context,
    collector: Annotated[
        str, typer.Argument(metavar="COLLECTOR", help="What to collect; see `collectors`.")
    ],
    account: Annotated[str, typer.Option("--account", "-a", help="As which account.")],
    target: Annotated[str | None, typer.Option(help="The room, where one is needed.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Back to the very beginning.")] = False,
    since: Annotated[
        dt.datetime | None, typer.Option(help="History from this time on (UTC).")
    ] = None,
    until: Annotated[
        dt.datetime | None, typer.Option(help="History up to this time (UTC).")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change; keep nothing.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Run COLLECTOR now and say what came of it."""
    from jobs import orders
    from jobs.cli import opening, running

    wish = orders.Wish(
        collector=collector,
        account=account,
        requested_by="cli",
        target=target,
        full=full,
        since=_iso(since),
        until=_iso(until),
    )
    with opening.session(context, json=json) as session:
        return running.rehearse(session, wish) if dry_run else running.collect(session, wish)


def _iso(time: dt.datetime | None) -> str | None:
    told = times.utc(time)
    return told.isoformat() if told else None
