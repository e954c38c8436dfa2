"""`greenroom collect`: run a collector now, in this process."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import typer

from jobs.cli import state, times

LONGEST_WAIT = 3600.0
"""Seconds that `--wait` waits for another run of the account."""

Since = Annotated[dt.datetime | None, typer.Option(help="History from this time on (UTC).")]
Until = Annotated[dt.datetime | None, typer.Option(help="History up to this time (UTC).")]

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change; keep nothing.")]

Trace = Annotated[
    bool, typer.Option("--trace", help="Keep a trace for a day; it holds session cookies.")
]

Wait = Annotated[
    bool,
    typer.Option(
        "--wait/--no-wait", help="Wait, up to an hour, while another run has the account."
    ),
]


def collectors(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List what can be collected."""
    import msgspec

    from scraper.sites import register

    state.of(context).start()
    found: list[dict[str, Any]] = [
        {
            "collector": f"{site.name}.{collector.name}",
            "summary": collector.summary,
            "target": collector.targeted,
            "list": collector.direction,
            "tokens": collector.tokens,
        }
        for site in register.SITES.values()
        for collector in site.collectors.values()
    ]
    if json:
        print(msgspec.json.encode(found).decode())
        return
    for one in found:
        target = " --target ROOM" if one["target"] else ""
        needs = f" (token {', '.join(one['tokens'])})" if one["tokens"] else ""
        print(f"{one['collector']}{target}: {one['summary']}{needs}")


def collect(
    context: typer.Context,
    collector: Annotated[
        str, typer.Argument(metavar="COLLECTOR", help="What to collect; see `collectors`.")
    ],
    account: Annotated[str, typer.Option("--account", "-a", help="As which account.")],
    target: Annotated[str | None, typer.Option(help="The room, where one is needed.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Back to the very beginning.")] = False,
    since: Since = None,
    until: Until = None,
    dry_run: DryRun = False,
    wait: Wait = False,
    trace: Trace = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Run COLLECTOR now and say what came of it."""
    from jobs import orders
    from jobs.cli import opening, running
    from scraper import errors

    wish = orders.Wish(
        collector=collector,
        account=account,
        requested_by="cli",
        target=target,
        full=full,
        since=_iso(since),
        until=_iso(until),
    )
    if trace and dry_run:
        raise errors.BadConfig("bad_request", "--dry-run keeps nothing; leave out --trace")
    waits = LONGEST_WAIT * wait
    with opening.session(context, json=json, patience=waits, trace=trace) as session:
        return running.rehearse(session, wish) if dry_run else running.collect(session, wish)


def _iso(time: dt.datetime | None) -> str | None:
    told = times.utc(time)
    return told.isoformat() if told else None
