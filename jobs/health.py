"""How the service is, over HTTP on loopback: /healthz, /readyz and /metrics.

Answered by a thread of its own, so that a service that hangs can still be seen to hang.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import prometheus_client
import uvicorn
from starlette import applications, requests, responses, routing

from jobs import freshness, metrics, service
from models import db, leases, moment

LOOPBACK = "127.0.0.1"

HUNG = 60.0
"""Seconds without a sign of life after which the service counts as hung."""

METRICS = "text/plain; version=0.0.4; charset=utf-8"


@contextlib.contextmanager
def serving(database: db.Database, state: service.State) -> Iterator[int | None]:
    """Answer on loopback while the block runs; give the port, None where none is wanted.

    Raises OSError where the port is taken.
    """
    wanted = state.chosen.service.port
    if not wanted:
        yield None
        return
    with socket.create_server((LOOPBACK, wanted)) as listening:
        config = uvicorn.Config(app(database, state), log_config=None, lifespan="off", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listening]}, name="health", daemon=True
        )
        thread.start()
        try:
            yield int(listening.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(timeout=5)


def app(database: db.Database, state: service.State) -> applications.Starlette:
    """Return the application."""
    registry = metrics.registry(database, state)

    def healthz(_request: requests.Request) -> responses.Response:
        """Say whether the event loop still turns."""
        silent = round(time.monotonic() - state.beat, 1)
        return _told(silent < HUNG, [] if silent < HUNG else [f"no sign of life for {silent} s"])

    def readyz(_request: requests.Request) -> responses.Response:
        """Say whether the history is being kept, and why not."""
        reasons = [*unready(database, state)]
        return _told(not reasons, reasons)

    def scraped(_request: requests.Request) -> responses.Response:
        return responses.Response(prometheus_client.generate_latest(registry), media_type=METRICS)

    routes = [("/healthz", healthz), ("/readyz", readyz), ("/metrics", scraped)]
    return applications.Starlette(routes=[routing.Route(path, act) for path, act in routes])


def unready(database: db.Database, state: service.State) -> Iterator[str]:
    """Yield why the service is not ready: nobody leads, nothing can be written, lists are old."""
    try:
        with database.write() as connection:
            leases.drop(connection, "nobody's", state.holder)  # a write that changes nothing
        with database.read() as connection:
            led = leases.standing(connection, service.CLOCK)
            if led is None or led.expires_at <= leases.now(connection):
                yield "the clock is led by nobody"
            yield from freshness.stale(connection, state.chosen, moment.now())
    except db.Unusable as error:
        yield f"the database: {error}"
    if state.refused:
        yield f"the changed settings are refused: {state.refused}"
    if state.held_back:
        yield f"no run starts: {state.held_back}"


def _told(well: bool, reasons: list[str]) -> responses.Response:
    return responses.JSONResponse(
        {"ok": well, "reasons": reasons}, status_code=200 if well else 503
    )
