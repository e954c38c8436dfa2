"""`greenroom demo`: watch the main job against the bundled practice site."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli import exits, state

if TYPE_CHECKING:
    from jobs import orders, report
    from jobs.cli import running

NEXT = """
for your own account:
  greenroom accounts add NAME --site chaturbate --username YOU
  GREENROOM_PASSWORD_NAME=... greenroom collect chaturbate.followers --account NAME
  greenroom export followers --account NAME"""


def demo(
    context: typer.Context,
    folder: Annotated[Path, typer.Option(help="Where the demo keeps its files.")] = Path("demo"),
    service: Annotated[
        bool, typer.Option("--service", help="Show the service with compressed times instead.")
    ] = False,
    seconds: Annotated[int, typer.Option(min=30, help="How long the service works.")] = 120,
) -> int:
    """Sign in to a practice site, collect and export there."""
    from dataclasses import replace

    if service:
        return _served(folder, seconds)

    from fixtures.practice import client
    from jobs import demo as play
    from jobs import settings
    from jobs.cli import opening

    with client.Practice() as world:
        print(f"the practice site is at {world.chaturbate}; {world.username} signs in there")
        stage = play.stage(world, folder)
        chosen = settings.load(stage.folder / "greenroom.toml", stage.environ)
        given = replace(state.of(context), environ=stage.environ, level="WARNING")
        given.log(chosen)
        with opening.opened(given, chosen) as session:
            well = play.play(world, lambda wish: _ordered(session, wish), print)
            place, lines, right = play.export(world, chosen, session.database, stage.folder)
    print(f"\n{place}: {lines} followers, {right} of {lines} right by the practice site's own list")
    for line in place.read_text("utf-8").splitlines()[:4]:
        print(f"  {line}")
    print(NEXT)
    return exits.OK if well and right == lines else exits.FAILED


def _served(folder: Path, seconds: int) -> int:
    """Let a service work at the practice site; print what came of every due time."""
    import os

    from fixtures.practice import client
    from jobs import demo as play
    from jobs import demo_service, runtime, settings

    with client.Practice() as world:
        print(f"the practice site is at {world.chaturbate}; {world.username} signs in there")
        stage = play.stage(world, folder)
        demo_service.add_schedules(stage.folder)
        demo_service.play(world, stage, os.environ, seconds, print)
        chosen = settings.load(stage.folder / "greenroom.toml", stage.environ)
        with runtime.open_database(chosen) as database, database.read() as connection:
            rows = sorted(demo_service.timeline(connection))
    print("\neach due time, and what came of it:")
    for row in rows:
        print(f"  {row.due_at:%H:%M:%S} UTC  {row.schedule:<10} {row.came}")
    print(f"\nits log is {folder / 'serve.log'}; for your own account: greenroom init, then serve")
    return exits.OK if any(row.came.endswith(" ok") for row in rows) else exits.FAILED


def _ordered(session: running.Session, wish: orders.Wish) -> report.Report:
    """Run what the demo wishes for; Ctrl-C ends the demo, not one run of it."""
    from jobs.cli import running

    ended = running.ordered(session, wish)
    if ended.status == "cancelled":
        raise KeyboardInterrupt
    return ended
