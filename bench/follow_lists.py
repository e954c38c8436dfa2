"""Close a walked list of followers, beside the same work in hand-written SQL on the same file."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from bench import clocks, closing_once, figures

SIZES = {10_000: 7, 100_000: 5, 1_000_000: 5}
"""People on the list -> rounds."""

MEMORY = 300


def main() -> None:
    """Close lists of every size in turn."""
    with tempfile.TemporaryDirectory() as name:
        costs = {people: list(_turns(Path(name), people)) for people in SIZES}
    largest = max(SIZES)
    found = [*_compared(largest, costs[largest])]
    per_row = {
        name: {
            people: statistics.median(turn[number].watch.processor for turn in turns) / people
            for people, turns in costs.items()
        }
        for number, name in enumerate(("ours", "bare"))
    }
    found += figures.growth("close a list", per_row)
    figures.hand_over(found)


def _turns(folder: Path, people: int) -> Iterator[tuple[closing_once.Cost, closing_once.Cost]]:
    """Yield what each round costs, ours and bare, each on a copy of its own."""
    staged = folder / "staged.db"
    _asked("stage", staged, people)
    for _ in range(SIZES[people]):
        ours, bare = (_closed(way, staged, people) for way in ("ours", "bare"))
        if ours.content != bare.content:
            raise RuntimeError(f"the tables differ: {ours.content}, {bare.content}")
        yield ours, bare
    staged.unlink()


def _closed(way: str, staged: Path, people: int) -> closing_once.Cost:
    copy = staged.with_name("copy.db")
    shutil.copyfile(staged, copy)
    told = _asked(way, copy, people)
    for left in staged.parent.glob("copy.db*"):
        left.unlink()
    return msgspec.json.decode(told, type=closing_once.Cost)


def _asked(what: str, path: Path, people: int) -> bytes:
    """Have it done in a process of its own, whose peak memory is then that of the one act."""
    command = [sys.executable, "-m", closing_once.__name__, what, str(path), str(people)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def _compared(
    people: int, turns: list[tuple[closing_once.Cost, closing_once.Cost]]
) -> Iterator[figures.Figure]:
    ours, bare = (
        clocks.median([cost.watch for cost in costs]) for costs in zip(*turns, strict=True)
    )
    yield figures.Figure(
        what=f"close a list of {people:,} followers, 1 % gone, 1 % new",
        ours=clocks.told(ours.processor),
        peer=f"bare SQL {clocks.told(bare.processor)}",
        ratio=f"{ours.processor / bare.processor:.2f} x",
        aim=figures.at_most(ours.processor / bare.processor, 1.5),
    )
    yield figures.Figure(
        what="  the same by the wall clock",
        ours=clocks.told(ours.wall),
        peer=f"bare SQL {clocks.told(bare.wall)}",
        ratio=f"{ours.wall / bare.wall:.2f} x",
    )
    own, theirs = (max(cost.memory for cost in costs) / 1e6 for costs in zip(*turns, strict=True))
    yield figures.Figure(
        what="  peak memory meanwhile",
        ours=f"{own:.0f} MB",
        peer=f"bare SQL {theirs:.0f} MB",
        ratio=f"{own / theirs:.2f} x",
        aim=figures.at_most(own, MEMORY, "MB"),
    )


if __name__ == "__main__":
    main()
