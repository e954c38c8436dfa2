"""Screens that listen to a door: one takes the time of each message, the others only read.

No library stands between the clock and the wire.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec

PING = 9
PINGED = b"\x89\x04"
"""How a server's ping of four bytes begins; no text of ours holds it."""

UPGRADE = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Authorization: Bearer {token}\r\n\r\n"
)

Delay = Callable[[dict[str, Any]], float]
"""Returns how many seconds ago happened what a message's data tells of."""


class Took(msgspec.Struct):
    """What a load came to: delays in seconds, how much was sent, and missed by a screen."""

    delays: list[float]
    sent: int
    missed: int

    def percentile(self, share: float) -> float:
        """Return the delay that this share of messages stays below."""
        ordered = sorted(self.delays) or [float("nan")]
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]

    def told(self) -> str:
        """Return the delays in words."""
        lost = f", {self.missed:,} told as missed" if self.missed else ""
        p99, p50 = self.percentile(0.99) * 1e3, self.percentile(0.5) * 1e3
        return f"{p99:.1f} ms (p50 {p50:.1f}){lost}"


class Screen(asyncio.Protocol):
    """One socket; it takes times if there is a `delay`."""

    def __init__(self, hello: bytes, delay: Delay | None) -> None:
        self.delays: list[float] = []
        self.missed = 0
        self.open = asyncio.get_running_loop().create_future()
        self._hello = hello
        self._delay = delay
        self._left = b""

    def connection_made(self, transport: Any) -> None:
        """Ask to be let in."""
        self._transport = transport
        transport.write(self._hello)

    def data_received(self, data: bytes) -> None:
        """Take what comes."""
        data = self._left + data
        if not self.open.done():
            head, found, rest = data.partition(b"\r\n\r\n")
            if not found:
                self._left = data
                return
            if b" 101 " not in head.partition(b"\r\n")[0]:
                raise RuntimeError(head.decode())
            self.open.set_result(None)
            data = rest
        self._left = self._glance(data) if self._delay is None else self._frames(data)

    def _glance(self, data: bytes) -> bytes:
        """Answer pings, and look at nothing else."""
        place = data.find(PINGED)
        if place < 0:
            return data[-1:] if data.endswith(PINGED[:1]) else b""
        if len(data) < place + 6:
            return data[place:]
        self._pong(data[place + 2 : place + 6])
        return b""

    def _frames(self, data: bytes) -> bytes:
        while len(data) >= 4:  # no frame that is told or asked is shorter
            length, begin = data[1] & 0x7F, 2
            if length == 126:
                length, begin = int.from_bytes(data[2:4], "big"), 4
            if len(data) < begin + length:
                break
            kind, body = data[0] & 0x0F, data[begin : begin + length]
            data = data[begin + length :]
            if kind == PING:
                self._pong(body)
            else:
                self._heard(body)
        return data

    def _pong(self, body: bytes) -> None:
        self._transport.write(bytes([0x8A, 0x80 | len(body), 0, 0, 0, 0]) + body)

    def _heard(self, body: bytes) -> None:
        if body.startswith((b'{"event_type":"TELEMETRY', b'{"event_type":"INTERACTION')):
            assert self._delay is not None  # noqa: S101 - it is this that makes us look
            self.delays.append(self._delay(msgspec.json.decode(body)["data"]))
        elif body.startswith(b'{"event_type":"LAGGED'):
            self.missed += msgspec.json.decode(body)["missed"]


@contextlib.asynccontextmanager
async def opened(
    place: tuple[int, str], path: str, many: int, delay: Delay
) -> AsyncIterator[Screen]:
    """Open so many screens at a port, with a token; give the first, which takes times."""
    port, token = place
    hello = UPGRADE.format(path=path, token=token).encode()
    loop = asyncio.get_running_loop()
    made = []
    try:
        for number in range(many):
            screen = functools.partial(Screen, hello, None if number else delay)
            made.append(await loop.create_connection(screen, "127.0.0.1", port))
            await made[-1][1].open
        yield made[0][1]
    finally:
        for transport, _ in made:
            transport.abort()


async def told(screen: Screen, many: int, seconds: float) -> None:
    """Wait until a screen has heard of so much, or for so long."""
    until = time.monotonic() + seconds
    while len(screen.delays) + screen.missed < many and time.monotonic() < until:  # noqa: ASYNC110 - what came is looked at
        await asyncio.sleep(0.01)
