"""Show a run while it goes: a bar with rate and remaining time on a terminal, lines elsewhere."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from jobs import logs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich import progress

    from jobs import walk


@contextmanager
def watching(name: str, *, quiet: bool) -> Iterator[Callable[[walk.Progress], None]]:
    """Give the function to call at every page of the run called `name`."""
    if quiet or not sys.stderr.isatty():
        yield _line
        return
    with _bar() as bar:
        task = bar.add_task(name, total=None, pages=0, rate="")

        def show(now: walk.Progress) -> None:
            total = max(now.declared, now.records) if now.declared else None
            seconds = bar.tasks[0].elapsed or 1.0
            rate = f"{60 * now.pages / seconds:.0f} pages/min"
            bar.update(task, completed=now.records, total=total, pages=now.pages, rate=rate)

        yield show


def _line(now: walk.Progress) -> None:
    where = f", {now.part} at {now.position}" if now.part else ""
    pages = "1 page" if now.pages == 1 else f"{now.pages} pages"
    logs.log.info(f"{pages}, {now.records} records{where}")


def _bar() -> progress.Progress:
    from rich import console, progress

    return progress.Progress(
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.TextColumn("{task.completed} records, {task.fields[pages]} pages"),
        progress.TextColumn("{task.fields[rate]}"),
        progress.TimeElapsedColumn(),
        progress.TimeRemainingColumn(),
        console=console.Console(stderr=True),
        transient=True,
    )
