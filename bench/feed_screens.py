"""From an event that happens to the screen: how late, for how many, and how memory stands.

The house listens to the practice feed, writes, and tells `/ws/events` of it, in one process as the
service does. The floor asks the same feed and hands on what it is told, without storage, tokens or
checks. A delay begins when the event happens, to the millisecond, and has the feed's own share.

`python -m bench.feed_screens --minutes 10` watches memory for longer.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psutil
import websockets

from bench import figures, listening, screens
from fixtures.practice import client
from jobs import service
from jobs.web import server
from models import web_tokens

SECONDS = 8.0
RATES = (100, 1000)
SCREENS = (1, 200)
AIM = 250
"""Milliseconds that an event may take."""

LATEST = 10.0
"""Seconds that what happened may still be under way."""

Served = tuple[tuple[int, str], subprocess.Popen[str]]


def main() -> None:
    """Measure, or serve what is measured."""
    reader = argparse.ArgumentParser(prog="python -m bench.feed_screens", description=__doc__)
    reader.add_argument("--minutes", type=float, default=1.0, help="how long memory is watched")
    reader.add_argument("--serve", nargs=3, metavar=("WHAT", "URL", "FOLDER"))
    asked = reader.parse_args()
    if asked.serve:
        what, url, folder = asked.serve
        asyncio.run(_floor(url) if what == "floor" else _ours(url, Path(folder)))
        return
    found = [asyncio.run(_delay(many, rate)) for many in SCREENS for rate in RATES]
    figures.hand_over([*found, asyncio.run(_memory(asked.minutes))])


async def _delay(many: int, rate: int) -> figures.Figure:
    took = {}
    for what in ("ours", "floor"):
        with listening.practice() as world, _served(what, world) as (place, _):
            took[what] = await _load(world, place, rate, many, SECONDS)
    ours, floor = took["ours"], took["floor"]
    late, bare = ours.percentile(0.99), floor.percentile(0.99)
    return figures.Figure(
        what=f"{rate:,} events a second to {many} screen{'s' * (many > 1)}: p99 delay",
        ours=ours.told(),
        peer=f"bare {floor.told()}",
        ratio=f"{late / bare:.1f} x",
        aim=figures.at_most(late * 1e3, AIM, "ms"),
    )


async def _load(
    world: client.Practice, place: tuple[int, str], rate: int, many: int, seconds: float
) -> screens.Took:
    """Let things happen while so many screens listen."""
    sent = int(rate * seconds)
    async with screens.opened(place, "/ws/events", many, _late) as first:
        told = asyncio.to_thread(
            world.play, 7, sent, per_second=rate, platforms=[listening.PLATFORM]
        )
        await told
        await screens.told(first, sent, seconds + LATEST)
        return screens.Took(first.delays, sent, first.missed)


def _late(data: dict[str, Any]) -> float:
    return time.time() - datetime.fromisoformat(data["at"]).timestamp()


async def _memory(minutes: float) -> figures.Figure:
    """Watch the memory of the whole service under a steady load: the middle against the end."""
    sizes: list[int] = []
    with listening.practice() as world, _served("ours", world) as (place, process):
        watched = psutil.Process(process.pid)

        async def watch() -> None:
            while True:
                sizes.append(watched.memory_info().rss)
                await asyncio.sleep(1)

        watching = asyncio.ensure_future(watch())
        took = await _load(world, place, RATES[0], max(SCREENS), minutes * 60)
        watching.cancel()
    third = len(sizes) // 3
    before, after = statistics.median(sizes[third : 2 * third]), statistics.median(sizes[-third:])
    heard = f"{len(took.delays):,} of {took.sent:,} events"
    return figures.Figure(
        what=f"memory over {minutes:g} min, {heard}, {max(SCREENS)} screens",
        ours=f"{after / 2**20:.1f} MB in the last third",
        peer=f"{before / 2**20:.1f} MB in the middle third",
        ratio=f"{after / before:.3f} x",
        aim=figures.at_most(after / before, 1.05),
    )


@contextlib.contextmanager
def _served(what: str, world: client.Practice) -> Iterator[Served]:
    """Give the port and the token of a server in a process of its own, once it hears the feed."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bench.feed_screens", "--serve", what]
        command += [world.chaturbate, folder]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None  # noqa: S101 - it is a pipe
            port, token = process.stdout.readline().split()
            while not any(one["query"].get("i") for one in world.requests("/events/*")):
                time.sleep(0.05)
            try:
                yield (int(port), token), process
            finally:
                process.kill()


async def _ours(url: str, folder: Path) -> None:
    """Listen and serve, as the service does."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    wanted = listening.chosen(url, folder, port)
    state = service.State(chosen=wanted, holder="bench", beat=time.monotonic())
    with listening.sqlite(folder) as database:
        with database.write() as connection:
            token = web_tokens.make(connection, "bench", "all")
        gc.freeze()  # as the service does
        with server.serving(database, state) as door:
            assert door is not None  # noqa: S101 - it has a port
            async with listening.listening(database, wanted, door.nudge):
                print(port, token, flush=True)
                await asyncio.Event().wait()


async def _floor(url: str) -> None:
    """Ask the feed, and hand on what it tells to whoever is connected."""
    listen: set[Any] = set()

    async def serve(connection: Any) -> None:
        listen.add(connection)
        await connection.wait_closed()
        listen.discard(connection)

    async with (
        websockets.serve(serve, "127.0.0.1", 0, compression=None) as serving,
        httpx.AsyncClient(trust_env=False, timeout=60) as web,
    ):
        (bound,) = serving.sockets
        print(bound.getsockname()[1], "none", flush=True)
        following = f"{url}{listening.FEED}?timeout=10"
        while True:
            told = msgspec.json.decode((await web.get(following)).content)
            for event in told["events"]:
                ms, _, _ = event["id"].partition("-")
                at = datetime.fromtimestamp(int(ms) / 1000).astimezone().isoformat()
                said = {"event_type": "INTERACTION", "data": {"at": at, "what": event["object"]}}
                websockets.broadcast(listen, msgspec.json.encode(said).decode())
            following = told["nextUrl"]
            await asyncio.sleep(0)


if __name__ == "__main__":
    main()
