"""Show a run while it goes: a bar with rate and remaining time on a terminal, lines elsewhere."""

from __future__ import annotations

import math
import sys
import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from jobs import logs, run_logs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich import progress

    from jobs import walk

APART = 1.0
"""Seconds between two lines about a run; what comes in between is in its log."""

_SHOWN: ContextVar[progress.Progress | None] = ContextVar("bar", default=None)


@contextmanager
def watching(name: str, *, quiet: bool) -> Iterator[Callable[[walk.Progress], None]]:
    """Give the function to call at every page of the run called `name`."""
    if quiet or not sys.stderr.isatty():
        yield _lines()
        return
    with _bar() as bar:
        task = bar.add_task(name, total=None, rate="")
        shown = _SHOWN.set(bar)

        def show(now: walk.Progress) -> None:
            total = max(now.declared, now.records) if now.declared else None
            seconds = bar.tasks[0].elapsed or 1.0
            rate = f", {60 * now.pages / seconds:.0f} pages/min"
            bar.update(task, completed=now.records, total=total, rate=rate)
            logs.log.debug(run_logs.progress(now))

        try:
            yield show
        finally:
            _SHOWN.reset(shown)


@contextmanager
def paused() -> Iterator[None]:
    """Take the bar, if there is one, off the terminal while something else is asked there."""
    bar = _SHOWN.get()
    if bar is None:
        yield
        return
    bar.stop()
    try:
        yield
    finally:
        bar.start()


def _lines() -> Callable[[walk.Progress], None]:
    """Return what says where a run stands, but no oftener than somebody could read it."""
    said = -math.inf

    def line(now: walk.Progress) -> None:
        nonlocal said
        if time.monotonic() - said >= APART:
            said = time.monotonic()
            logs.log.info(run_logs.progress(now))
        else:
            logs.log.debug(run_logs.progress(now))

    return line


def _bar() -> progress.Progress:
    from rich import console, progress

    return progress.Progress(
        progress.TextColumn("{task.description}"),
        progress.BarColumn(bar_width=None),
        progress.TextColumn("{task.completed} records{task.fields[rate]}"),
        progress.TimeElapsedColumn(),
        progress.TimeRemainingColumn(),
        progress.TextColumn("left"),
        console=console.Console(stderr=True),
        transient=True,
        expand=True,
    )
