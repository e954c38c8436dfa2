"""Measure Greenroom against its peers and floors: `python -m bench [--only parse,walk]`.

Each part runs in a process of its own, so that none finds the memory or the caches of another.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

import msgspec

from bench import figures

PARTS = {
    "parse": "bench.parsing",
    "walk": "bench.walking",
    "apply": "bench.chat_rows",
    "close": "bench.follow_lists",
    "runs": "bench.run_list",
    "snapshots": "bench.snapshots",
    "search": "bench.searching",
    "live": "bench.live",
    "feed": "bench.feed_rows",
    "screens": "bench.feed_screens",
}


def main() -> None:
    """Measure the parts that are asked for, then print one table of all figures."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--only", type=_parts, default=list(PARTS), metavar="PART,PART", help=", ".join(PARTS)
    )
    found: list[figures.Figure] = []
    for part in parser.parse_args().only:
        start = time.perf_counter()
        print(f"{part} …", end=" ", file=sys.stderr, flush=True)
        found += _measured(PARTS[part])
        print(f"{time.perf_counter() - start:.0f} s", file=sys.stderr)
    print(figures.table(found))


def _measured(module: str) -> list[figures.Figure]:
    told = subprocess.run([sys.executable, "-m", module], check=True, stdout=subprocess.PIPE).stdout
    return msgspec.json.decode(told, type=list[figures.Figure])


def _parts(text: str) -> list[str]:
    chosen = text.split(",")
    if unknown := set(chosen) - PARTS.keys():
        raise argparse.ArgumentTypeError(f"no such part: {', '.join(sorted(unknown))}")
    return chosen


if __name__ == "__main__":
    main()
