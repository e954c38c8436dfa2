"""How the service is: /healthz, /readyz and /metrics."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

import prometheus_client
from starlette import requests, responses, routing

from jobs import freshness, metrics, service
from models import db, leases, moment

HUNG = 60.0
"""Seconds without a sign of life after which the service counts as hung."""

METRICS = "text/plain; version=0.0.4; charset=utf-8"


def routes(
    database: db.Database,
    state: service.State,
    more: Callable[[], Iterable[metrics.Metric]] = tuple,
) -> list[routing.Route]:
    """Return the routes; `more` are metrics of the door itself."""
    registry = metrics.registry(database, state, more)

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

    found = [("/healthz", healthz), ("/readyz", readyz), ("/metrics", scraped)]
    return [routing.Route(path, act) for path, act in found]


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
