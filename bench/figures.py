"""One line of the table: a measured ratio, whom it is against, and whether it meets its aim."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence

import msgspec

COLUMNS = ("what", "ours", "peer or floor", "ratio", "aim", "met")


class Aim(msgspec.Struct, frozen=True, kw_only=True):
    """What a ratio should be, and whether it is."""

    wanted: str
    met: bool


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A ratio and the two values it was made of, both measured in the same run.

    `aim` is None where the ratio is for information.
    """

    what: str
    ours: str
    peer: str
    ratio: str
    aim: Aim | None = None


def at_most(value: float, limit: float, unit: str = "x") -> Aim:
    """Return the aim of a value that is to stay below `limit`."""
    return Aim(wanted=f"<= {limit:g} {unit}", met=value <= limit)


def at_least(value: float, limit: float, unit: str = "x") -> Aim:
    """Return the aim of a value that is to reach `limit`."""
    return Aim(wanted=f">= {limit:g} {unit}", met=value >= limit)


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as a Markdown table, padded for a terminal."""
    rows = [COLUMNS, *(_cells(figure) for figure in figures)]
    widths = [max(len(row[number]) for row in rows) for number in range(len(COLUMNS))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def growth(what: str, per_row: Mapping[str, Mapping[int, float]]) -> Iterator[Figure]:
    """Yield how much longer a row takes among the most rows than among the fewest.

    `per_row` has the seconds per row for each number of rows, of `ours` and of `bare`.
    """
    ours, bare = per_row["ours"], per_row["bare"]
    fewest, *_ = ours
    for rows in list(ours)[1:]:
        grown, bare_grown = (of[rows] / of[fewest] for of in (ours, bare))
        yield Figure(
            what=f"{what}: time per row, {rows:,} against {fewest:,} rows",
            ours=f"{ours[fewest] * 1e6:.2f} -> {ours[rows] * 1e6:.2f} us",
            peer=f"bare {bare[fewest] * 1e6:.2f} -> {bare[rows] * 1e6:.2f} us ({bare_grown:.2f} x)",
            ratio=f"{grown:.2f} x",
            aim=at_most(grown, 1.15),
        )


def hand_over(figures: Sequence[Figure]) -> None:
    """Give what a part of the benchmark measured to whoever started it, as JSON."""
    sys.stdout.write(msgspec.json.encode(figures).decode())


def _cells(figure: Figure) -> tuple[str, ...]:
    aim = figure.aim
    verdict = (aim.wanted, "yes" if aim.met else "no") if aim else ("", "")
    return (figure.what, figure.ours, figure.peer, figure.ratio, *verdict)
