"""`greenroom init`: schedules that make sense, for accounts that have none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli import schedule

if TYPE_CHECKING:
    from jobs import initial


def init(
    context: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be written; write nothing.")
    ] = False,
) -> None:
    """Write sensible schedules and feeds into the settings file."""
    from jobs import initial, preview
    from scraper import errors

    with schedule.at_desk(context) as desk:
        if not desk.chosen.accounts:
            remedy = "there is no account yet; add one with `greenroom accounts add`"
            raise errors.BadConfig("bad_request", remedy)
        wanted = initial.proposed(desk)
        new = bool(wanted.schedules or wanted.feeds)
        if new and not dry_run:
            initial.write(desk, wanted)
        for name, one in wanted.schedules.items():
            print(f"{name}: {one.collector} for {one.account}, {preview.when(one)}")
            for coming in preview.coming(name, one, desk.now, 1):
                print(f"  next {preview.line(coming, desk.now)}")
        for name, feed in wanted.feeds.items():
            print(f"{name}: {feed.feed} for {feed.account}, as it happens")
        if not new:
            print("Every account has its schedules already; see `greenroom schedule list`.")
        elif dry_run:
            print("Nothing was written.")
        else:
            print(f"{desk.chosen.file}: {_added(wanted)} added; `greenroom serve` runs them.")


def _added(wanted: initial.Beginning) -> str:
    numbers = {"schedule": len(wanted.schedules), "feed": len(wanted.feeds)}
    named = [f"{n} {word}{'' if n == 1 else 's'}" for word, n in numbers.items() if n]
    return " and ".join(named)
