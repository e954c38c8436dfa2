"""From a level that arrives to the screen: how late, for how many, and how memory stands.

The floor is a bare server that hands on what it is sent, without HTTP, tokens or storage. Loads and
clients are the same for both, and speak for themselves: no library stands between the clock and
the wire. Times are of one screen; the others read as fast as they are told.

`python -m bench.live --minutes 10` watches memory for longer.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import msgspec
import psutil
import websockets

from bench import databases, figures, screens
from jobs import service, settings
from jobs.web import server
from models import web_tokens

SECONDS = 8.0
RATES = (100, 1000)
SCREENS = (1, 200)
SENDERS = 100
"""Connections that state levels in turn: on each one a level waits until the one before is kept."""
AIM = 250
"""Milliseconds that a message may take."""

LATEST = 5.0
"""Seconds that what was sent may still be under way."""

POST = (
    "POST /api/tracking/telemetry HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
    "Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
)


def main() -> None:
    """Measure, or serve what is measured."""
    reader = argparse.ArgumentParser(prog="python -m bench.live", description=__doc__)
    reader.add_argument("--minutes", type=float, default=1.0, help="how long memory is watched")
    reader.add_argument("--serve", nargs=2, metavar=("WHAT", "FOLDER"), help=argparse.SUPPRESS)
    asked = reader.parse_args()
    if asked.serve:
        what, folder = asked.serve
        asyncio.run(_floor() if what == "floor" else _ours(Path(folder)))
        return
    figures.hand_over([*asyncio.run(_delays()), *asyncio.run(_memory(asked.minutes))])


async def _delays() -> list[figures.Figure]:
    found = []
    for many in SCREENS:
        for rate in RATES:
            ours, floor = [await _loaded(what, rate, many) for what in ("ours", "floor")]
            late, bare = ours.percentile(0.99), floor.percentile(0.99)
            load = f"{ours.sent / SECONDS:,.0f} levels a second to {many} screen"
            found.append(
                figures.Figure(
                    what=f"{load}{'s' * (many > 1)}: p99 delay",
                    ours=ours.told(),
                    peer=f"bare {floor.told()}",
                    ratio=f"{late / bare:.1f} x",
                    aim=figures.at_most(late * 1e3, AIM, "ms"),
                )
            )
    return found


async def _loaded(what: str, rate: int, many: int) -> screens.Took:
    with tempfile.TemporaryDirectory() as name, _served(what, Path(name)) as (place, _):
        return await _load(what, place, rate, many, SECONDS)


async def _load(
    what: str, place: tuple[int, str], rate: int, many: int, seconds: float
) -> screens.Took:
    port, token = place
    async with (
        screens.opened(place, "/ws/dashboard", many, _late) as first,
        _sending(what, port, token) as send,
    ):
        begun, sent = time.perf_counter(), 0
        while (passed := time.perf_counter() - begun) < seconds:
            while sent < passed * rate:
                send(sent)
                sent += 1
            await asyncio.sleep(0.001)
        await screens.told(first, sent, LATEST)
        return screens.Took(first.delays, sent, first.missed)


def _late(data: dict[str, Any]) -> float:
    return float(time.monotonic_ns() - data["timestamp"]) / 1e9


@contextlib.asynccontextmanager
async def _sending(what: str, port: int, token: str) -> AsyncIterator[Any]:
    """Give what sends one level, without waiting for its answer."""
    if what == "floor":
        async with websockets.connect(f"ws://127.0.0.1:{port}/in", proxy=None) as socket_in:
            waiting: set[asyncio.Task[None]] = set()

            def send_frame(number: int) -> None:
                task = asyncio.ensure_future(socket_in.send(_update(number)))
                waiting.add(task)
                task.add_done_callback(waiting.discard)

            yield send_frame
        return
    links = [await asyncio.open_connection("127.0.0.1", port) for _ in range(SENDERS)]
    drains = [asyncio.ensure_future(_drain(reader)) for reader, _ in links]

    def send(number: int) -> None:
        body = _level(number)
        text = POST.format(token=token, length=len(body), body=body)
        links[number % SENDERS][1].write(text.encode())

    yield send
    for (_, writer), drain in zip(links, drains, strict=True):
        drain.cancel()
        writer.close()


async def _drain(reader: asyncio.StreamReader) -> None:
    while await reader.read(65_536):
        pass


def _level(number: int) -> str:
    facts = {"room_id": "room", "platform": "chaturbate", "tokens_count": number}
    facts |= {"tips_count": 0, "viewers_count": 1, "timestamp": time.monotonic_ns()}
    return msgspec.json.encode(facts).decode()


def _update(number: int) -> str:
    data = {"platform": "chaturbate", "tokens": number, "tips": 0, "viewers": 1}
    timed = data | {"timestamp": time.monotonic_ns()}
    told = {"event_type": "TELEMETRY_UPDATE", "room_id": "room", "data": timed, "timestamp": 0}
    return msgspec.json.encode(told).decode()


async def _memory(minutes: float) -> list[figures.Figure]:
    """Watch the server's memory under a steady load: the middle against the end."""
    sizes: list[int] = []
    with tempfile.TemporaryDirectory() as name, _served("ours", Path(name)) as (place, process):
        watched = psutil.Process(process.pid)

        async def watch() -> None:
            while True:
                sizes.append(watched.memory_info().rss)
                await asyncio.sleep(1)

        watching = asyncio.ensure_future(watch())
        took = await _load("ours", place, RATES[0], max(SCREENS), minutes * 60)
        watching.cancel()
    third = len(sizes) // 3
    before, after = statistics.median(sizes[third : 2 * third]), statistics.median(sizes[-third:])
    return [
        figures.Figure(
            what=f"memory over {minutes:g} min, {took.sent:,} levels, {max(SCREENS)} screens",
            ours=f"{after / 2**20:.1f} MB in the last third",
            peer=f"{before / 2**20:.1f} MB in the middle third",
            ratio=f"{after / before:.3f} x",
            aim=figures.at_most(after / before, 1.05),
        )
    ]


@contextlib.contextmanager
def _served(what: str, folder: Path) -> Iterator[tuple[tuple[int, str], subprocess.Popen[str]]]:
    """Give the port and the token of a server in a process of its own."""
    command = [sys.executable, "-m", "bench.live", "--serve", what, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        port, token = process.stdout.readline().split()
        try:
            yield (int(port), token), process
        finally:
            process.kill()


async def _ours(folder: Path) -> None:
    """Serve the door, as the service does."""
    path = folder / "greenroom.db"
    databases.make(path, "chaturbate.chat")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    text = f'[storage]\ndirectory = "{folder}"\n[service]\nport = {port}\n'
    chosen = settings.read(text, folder / "greenroom.toml", {})
    state = service.State(chosen=chosen, holder="bench", beat=time.monotonic())
    with databases.opened(path) as database:
        with database.write() as connection:
            token = web_tokens.make(connection, "bench", "all")
        gc.freeze()  # as the service does
        with server.serving(database, state):
            print(port, token, flush=True)
            await asyncio.Event().wait()


async def _floor() -> None:
    """Hand on what is sent to /in, to everybody else."""
    screens: set[Any] = set()

    async def serve(connection: Any) -> None:
        if connection.request.path == "/in":
            async for message in connection:
                websockets.broadcast(screens, message)
            return
        screens.add(connection)
        await connection.wait_closed()
        screens.discard(connection)

    async with websockets.serve(serve, "127.0.0.1", 0, compression=None) as serving:
        (listening,) = serving.sockets
        print(listening.getsockname()[1], "none", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    main()
