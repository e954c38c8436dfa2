"""How long things take: medians of turns taken one after another, A B A B."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import msgspec

Way = Callable[[], float]
"""Does something once and returns what it cost, in seconds."""


def in_turn(rounds: int, *ways: Way) -> tuple[float, ...]:
    """Let each way have its turn, round after round; return the median of each."""
    costs = [[way() for way in ways] for _ in range(rounds)]
    return tuple(statistics.median(column) for column in zip(*costs, strict=True))


class Watch(msgspec.Struct, kw_only=True):
    """A stopwatch that can be stopped and started again.

    `processor` counts the seconds that this process computed (user and system), `wall` those that
    passed. Other work on the machine lengthens the second, hardly the first.
    """

    processor: float = 0.0
    wall: float = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count what passes within; the garbage collector rests meanwhile, as in `timeit`."""
        gc.disable()
        processor, wall = time.process_time(), time.perf_counter()
        yield
        self.processor += time.process_time() - processor
        self.wall += time.perf_counter() - wall
        gc.enable()


def median(watches: Sequence[Watch]) -> Watch:
    """Return the median of either clock."""
    return Watch(
        processor=statistics.median(watch.processor for watch in watches),
        wall=statistics.median(watch.wall for watch in watches),
    )


def processor(act: Callable[[], object], times: int = 1) -> Way:
    """Return a way that costs the processor time of one `act` out of `times`."""

    def way() -> float:
        watch = Watch()
        gc.collect()
        with watch.running():
            for _ in range(times):
                act()
        return watch.processor / times

    return way


def told(seconds: float) -> str:
    """Return a time in the unit that suits it."""
    if seconds < 1e-3:
        return f"{seconds * 1e6:.0f} us"
    return f"{seconds * 1e3:.2f} ms" if seconds < 1 else f"{seconds:.2f} s"
