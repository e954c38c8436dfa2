"""`greenroom schedule`: when runs are due, changed at any time, also while the service runs."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobs.cli import collect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobs import scheduling
    from jobs.cli import running

app = typer.Typer(help="Say when runs are due: add, change, pause and preview.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The schedule's name.")]
Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="The schedules.")]
All = Annotated[bool, typer.Option("--all", help="Every schedule.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Count = Annotated[int, typer.Option(min=1, max=100, help="How many due times.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check and preview; keep nothing.")]

Account = Annotated[str | None, typer.Option("--account", "-a", help="For which account.")]
Target = Annotated[str | None, typer.Option(help="The room, where one is needed.")]
Cron = Annotated[str | None, typer.Option(help='Five cron fields, such as "0 9 * * 1".')]
Every = Annotated[str | None, typer.Option(help="A time span, such as 30m or 6h.")]
At = Annotated[list[str] | None, typer.Option(help="A local time, such as 09:30; repeatable.")]
After = Annotated[str | None, typer.Option(help="The schedule whose runs it follows.")]
Zone = Annotated[str | None, typer.Option("--timezone", help="IANA zone of its local times.")]
Jitter = Annotated[str | None, typer.Option(help="Starts up to so much later, such as 2m.")]
Missed = Annotated[str | None, typer.Option(help="Due times nobody saw: skip, or once.")]
Overlap = Annotated[
    str | None, typer.Option(help="Due while its last run works: skip, queue or replace.")
]
Deadline = Annotated[str | None, typer.Option(help="How long a run may work, such as 1h.")]
Quiet = Annotated[str | None, typer.Option(help="Nothing is due within, such as 02:00-06:00.")]


@app.command()
def add(
    context: typer.Context,
    name: Name,
    collector: Annotated[str, typer.Option(help="What to collect; see `collectors`.")],
    account: Annotated[str, typer.Option("--account", "-a", help="For which account.")],
    target: Target = None,
    cron: Cron = None,
    every: Every = None,
    at: At = None,
    after: After = None,
    timezone: Zone = None,
    jitter: Jitter = None,
    missed: Missed = None,
    overlap: Overlap = None,
    deadline: Deadline = None,
    quiet: Quiet = None,
    dry_run: DryRun = False,
) -> None:
    """Add a schedule to those of the settings file."""
    from jobs import scheduling
    from jobs.cli import schedule_words

    given = {key: value for key, value in locals().items() if key in _KEYS and value}
    with at_desk(context) as desk:
        act = scheduling.check if dry_run else scheduling.add
        wanted = act(desk, name, given)
        schedule_words.changed(desk, name, wanted, "right" if dry_run else "added")


@app.command()
def edit(
    context: typer.Context,
    name: Name,
    collector: Annotated[str | None, typer.Option(help="What to collect.")] = None,
    account: Account = None,
    target: Target = None,
    cron: Cron = None,
    every: Every = None,
    at: At = None,
    after: After = None,
    timezone: Zone = None,
    jitter: Jitter = None,
    missed: Missed = None,
    overlap: Overlap = None,
    deadline: Deadline = None,
    quiet: Quiet = None,
    enabled: Annotated[bool | None, typer.Option("--enable/--disable")] = None,
    dry_run: DryRun = False,
) -> None:
    """Change a schedule; "" takes a key out."""
    from jobs import scheduling
    from jobs.cli import schedule_words

    given = {key: value for key, value in locals().items() if key in _KEYS and value != []}
    with at_desk(context) as desk:
        if dry_run:
            row = scheduling.standing(desk, name)
            wanted = scheduling.check(desk, name, scheduling.edited(row, given))
        else:
            wanted = scheduling.edit(desk, name, given)
        schedule_words.changed(desk, name, wanted, "right" if dry_run else "changed")


@app.command()
def remove(context: typer.Context, name: Name) -> None:
    """Remove a schedule; its history stays."""
    from jobs import scheduling

    with at_desk(context) as desk:
        scheduling.remove(desk, name)
    print(f"{name}: removed; what ran by it stays.")


@app.command()
def pause(context: typer.Context, names: Names = None, every: All = False) -> None:
    """Let schedules rest; due times are noted as paused."""
    from jobs import scheduling

    with at_desk(context) as desk:
        for name in _meant(desk, names, every=every):
            print(f"{name}: {'paused' if scheduling.pause(desk, name) else 'is paused already'}.")


@app.command()
def resume(context: typer.Context, names: Names = None, every: All = False) -> None:
    """Let schedules be due again from now on."""
    from jobs import scheduling

    with at_desk(context) as desk:
        for name in _meant(desk, names, every=every):
            told = "due again" if scheduling.resume(desk, name) else "is not paused"
            print(f"{name}: {told}.")


@app.command()
def run(context: typer.Context, name: Name, wait: collect.Wait = False, json: Json = False) -> int:
    """Run what a schedule runs, now and here."""
    from jobs import scheduling
    from jobs.cli import running

    with _session(context, json=json, patience=collect.LONGEST_WAIT * wait) as (session, desk):
        wish = scheduling.wish(scheduling.standing(desk, name))
        return running.collect(session, wish)


@app.command("list")
def list_(context: typer.Context, json: Json = False) -> None:
    """List schedules: next due time, last run."""
    from jobs.cli import schedule_words

    with at_desk(context) as desk:
        schedule_words.listed(desk, json=json)


@app.command()
def preview(
    context: typer.Context, names: Names = None, count: Count = 5, json: Json = False
) -> None:
    """Show the next due times in words."""
    from jobs.cli import schedule_words

    with at_desk(context) as desk:
        chosen = _meant(desk, names, every=not names)
        schedule_words.previewed(desk, chosen, count, json=json)


@app.command()
def history(context: typer.Context, name: Name, limit: Count = 20, json: Json = False) -> None:
    """Show what became of due times, newest first."""
    from jobs.cli import schedule_words

    with at_desk(context) as desk:
        schedule_words.history(desk, name, limit, json=json)


_KEYS = (
    "collector", "account", "target", "cron", "every", "at", "after", "timezone", "jitter",
    "missed", "overlap", "deadline", "quiet", "enabled",
)  # fmt: skip


def _meant(desk: scheduling.Desk, names: list[str] | None, *, every: bool) -> list[str]:
    from models import schedules
    from scraper import errors

    if every:
        with desk.database.read() as connection:
            return [row.name for row in schedules.standing(connection)]
    if not names:
        raise errors.BadConfig("bad_request", "name a schedule, or --all")
    return names


@contextmanager
def at_desk(context: typer.Context) -> Iterator[scheduling.Desk]:
    """Give what changing schedules takes; the table agrees with the settings file by then."""
    with _session(context) as (_, desk):
        yield desk


@contextmanager
def _session(
    context: typer.Context, **options: Any
) -> Iterator[tuple[running.Session, scheduling.Desk]]:
    from jobs import scheduling, syncing
    from jobs.cli import opening
    from models import moment

    with opening.session(context, **options) as session:
        desk = scheduling.Desk(
            chosen=session.chosen,
            database=session.database,
            environ=session.given.environ,
            now=moment.now(),
        )
        syncing.sync(desk.database, desk.chosen, desk.now, begin=False)
        yield session, desk
