"""`greenroom serve`: do what is due, until told to stop."""

from __future__ import annotations

import asyncio
import gc
import signal
from typing import TYPE_CHECKING

import typer

from jobs.cli import state

if TYPE_CHECKING:
    from jobs import service, settings
    from models import db


def serve(context: typer.Context) -> None:
    """Run what the schedules say, until told to stop."""
    from jobs import runtime

    given = state.of(context)
    chosen = given.start()
    with runtime.open_database(chosen) as database, runtime.translated():
        asyncio.run(_serve(given, chosen, database))


async def _serve(given: state.State, chosen: settings.Settings, database: db.Database) -> None:
    from jobs import service
    from jobs.rules import worker
    from jobs.web import pushed, server
    from scraper import errors

    outside = _outside(given, database)
    gc.freeze()  # what is imported stays: to look for garbage in it holds up whoever listens
    serving = service.Service(outside, chosen)
    loop = asyncio.get_running_loop()
    _heed_signals(loop, serving)
    pushes = pushed.routes(
        database,
        lambda: serving.state.chosen,
        given.environ,
        lambda: loop.call_soon_threadsafe(serving.nudge),
    )
    try:
        with server.serving(database, serving.state, pushes) as door:
            rules = worker.Rules(
                database,
                lambda: serving.state.chosen.rules,
                given.environ,
                told=door.nudge if door else lambda: None,
                lease_seconds=chosen.service.lease_seconds,
            )
            serving.nudges += [rules.nudge, *([door.nudge] if door else [])]
            async with worker.working(rules):
                await serving.run()
    except OSError as error:
        port = chosen.service.port
        raise errors.BadConfig(
            "bad_config", f"service.port: {port} cannot be used: {error.strerror}; set another"
        ) from error


def _heed_signals(loop: asyncio.AbstractEventLoop, serving: service.Service) -> None:
    for told in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(told, serving.stop)
    reloads: set[asyncio.Task[None]] = set()

    def reload() -> None:
        reloads.add(task := asyncio.ensure_future(serving.reload()))
        task.add_done_callback(reloads.discard)

    loop.add_signal_handler(signal.SIGHUP, reload)


def _outside(given: state.State, database: db.Database) -> service.Outside:
    from jobs import attending, dispatch, lanes, runtime, service, settings, supervision
    from models import runs

    def load() -> settings.Settings:
        found = settings.load(given.config, given.environ)
        given.log(found)
        return found

    def supervise(chosen: settings.Settings) -> dispatch.Supervise:
        by_child = supervision.supervising(chosen, database, given.environ)
        in_loop = attending.attending(chosen, database, given.environ)

        async def see_to_its_end(run: runs.Run) -> None:
            await (in_loop if lanes.calls(run.collector) else by_child)(run)

        return see_to_its_end

    return service.Outside(
        database=database,
        environ=given.environ,
        load=load,
        supervise=supervise,
        assemble=lambda chosen: runtime.assemble(chosen, database, given.environ),
    )
