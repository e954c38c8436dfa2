"""`greenroom init`: schedules that make sense, for accounts that have none."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs.cli import schedule


def init(
    context: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be written; write nothing.")
    ] = False,
) -> None:
    """Write sensible schedules into the settings file."""
    from jobs import preview, scheduling
    from scraper import errors

    with schedule.at_desk(context) as desk:
        if not desk.chosen.accounts:
            remedy = "there is no account yet; add one with `greenroom accounts add`"
            raise errors.BadConfig("bad_request", remedy)
        wanted = scheduling.proposed(desk)
        if wanted and not dry_run:
            scheduling.begin(desk, wanted)
        for name, one in wanted.items():
            print(f"{name}: {one.collector} for {one.account}, {preview.when(one)}")
            for coming in preview.coming(name, one, desk.now, 1):
                print(f"  next {preview.line(coming, desk.now)}")
        if not wanted:
            print("Every account has its schedules already; see `greenroom schedule list`.")
        elif dry_run:
            print("Nothing was written.")
        else:
            print(
                f"{desk.chosen.file}: {len(wanted)} schedules added; `greenroom serve` runs them."
            )
