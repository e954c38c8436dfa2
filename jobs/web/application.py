"""Everything that the door answers, put together."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import msgspec
from starlette import applications, requests, responses, routing, types

from jobs import logs, metrics, service
from jobs.web import doorman, events, gate, health, hub, intake, levels, sockets, telemetry
from models import db, tallies
from models import telemetry as kept

PAUSE = 1.0
"""Seconds before work goes on that met a fault."""


class Channels(msgspec.Struct, frozen=True):
    """What can be listened to: the dashboard's levels, and the events of live screens."""

    dashboard: hub.Channel
    events: hub.Channel

    def nudge(self) -> None:
        """Say that something was written that they tell of; from any thread."""
        self.dashboard.nudge()
        self.events.nudge()

    def metrics(self) -> Iterator[metrics.Metric]:
        """Yield how many listen, and how much those missed who are gone."""
        listen = _by_name(self, lambda one: len(one.clients))
        yield metrics.labelled("sockets", "Sockets that listen.", ("socket",), listen)
        missed = _by_name(self, lambda one: one.missed)
        said = "Messages that slow sockets were told they missed."
        yield metrics.counted("socket_missed", said, ("socket",), missed)


def _by_name(told: Channels, count: Callable[[hub.Channel], int]) -> tallies.Tally:
    return {("dashboard",): count(told.dashboard), ("events",): count(told.events)}


def channels(database: db.Database) -> Channels:
    """Return the channels of a database."""
    return Channels(
        dashboard=hub.Channel(database, levels.Levels()),
        events=hub.Channel(database, events.Events()),
    )


def application(
    database: db.Database,
    state: service.State,
    told: Channels,
    more: Iterable[routing.BaseRoute] = (),
) -> types.ASGIApp:
    """Return the application; `more` are routes of others, who let in whom they will."""
    door = doorman.Doorman(database)

    def confirmed(rows: Sequence[kept.Row]) -> None:
        told.dashboard.tell([levels.confirmed(row) for row in rows])

    taken = intake.Intake(database, confirmed)

    chosen = state.chosen.service
    how_it_is = health.routes(database, state, told.metrics)
    if not chosen.is_loopback:
        how_it_is = [*_for_tokens(how_it_is, door)]
    routes = [
        *how_it_is,
        *telemetry.routes(database, door, taken),
        routing.WebSocketRoute("/ws/dashboard", sockets.serving(door, told.dashboard)),
        routing.WebSocketRoute("/ws/events", sockets.serving(door, told.events)),
        *more,
    ]
    works = (told.dashboard.run, told.events.run, taken.run)
    app = applications.Starlette(routes=routes, lifespan=_at_work(works))
    return gate.Gate(app, {chosen.host, *chosen.hosts}, chosen.origins)


def _at_work(
    works: Sequence[Callable[[], Coroutine[Any, Any, None]]],
) -> Callable[[applications.Starlette], AbstractAsyncContextManager[None]]:
    """Return what keeps these at work while the application answers."""

    @contextlib.asynccontextmanager
    async def at_work(_app: applications.Starlette) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(_whatever_happens(work)) for work in works]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    return at_work


async def _whatever_happens(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Work until cancelled; a fault of ours is logged, and the work goes on."""
    while True:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - the door stays open whatever one work meets
            logs.log.opt(exception=error).error("the web door: a fault")
            await asyncio.sleep(PAUSE)


def _for_tokens(found: Iterable[routing.Route], door: doorman.Doorman) -> Iterator[routing.Route]:
    """Yield routes that answer whoever shows a token; whether we live, everybody may know."""
    for route in found:
        yield route if route.path == "/healthz" else _for_token(route, door)


def _for_token(route: routing.Route, door: doorman.Doorman) -> routing.Route:
    async def answer(request: requests.Request) -> responses.Response:
        try:
            await door.let_in(request, "dashboard", "all")
        except doorman.Denied as denied:
            return denied.response
        told: responses.Response = await asyncio.to_thread(route.endpoint, request)
        return told

    return routing.Route(route.path, answer)
