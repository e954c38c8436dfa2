"""The web door's own thread and event loop: a service that hangs can still be seen to hang."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable, Iterator

import msgspec
import uvicorn
from starlette import routing

from jobs import service
from jobs.web import application, frames
from models import db

BACKLOG = 1024
SAID = 4096
"""Bytes that a socket's client may say at once: we do not listen."""

CONNECTIONS = 1024
"""Connections at once; who comes then is told to come again (503)."""


class Door(msgspec.Struct, frozen=True):
    """An open door: its port, and how to say that something new was written."""

    port: int
    nudge: Callable[[], None]


@contextlib.contextmanager
def serving(
    database: db.Database, state: service.State, more: Iterable[routing.BaseRoute] = ()
) -> Iterator[Door | None]:
    """Answer while the block runs, also at the routes of others; None where no port is wanted.

    Raises OSError where the port is taken.
    """
    chosen = state.chosen.service
    if not chosen.port:
        yield None
        return
    told = application.channels(database)
    app = application.application(database, state, told, more)
    with _listening(chosen.host, chosen.port) as listening:
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level="warning",  # below that it logs headers, tokens and all
            access_log=False,
            server_header=False,
            ws=frames.Protocol,
            ws_max_size=SAID,
            ws_per_message_deflate=False,
            limit_concurrency=CONNECTIONS,
            timeout_graceful_shutdown=2,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listening]}, name="web", daemon=True
        )
        thread.start()
        try:
            yield Door(int(listening.getsockname()[1]), told.nudge)
        finally:
            server.should_exit = True
            thread.join(timeout=5)


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=BACKLOG)
