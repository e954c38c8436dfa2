"""A place on loopback that webhooks are posted to."""

from __future__ import annotations

import http.server
import json
import threading
import time
from types import TracebackType
from typing import Any, Self

FLAT = {"site", "room", "member", "body", "amount", "is_first_tip"}


class Receiver:
    """Keeps every body, refuses the first `refuse` of them with 503."""

    def __init__(self, refuse: int = 0) -> None:
        self.raw: list[bytes] = []
        here = self

        class Door(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                here.raw.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(503 if len(here.raw) <= refuse else 204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/hooks/secret"

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.raw]

    def wait(self, many: int, within: float = 10) -> list[dict[str, Any]]:
        """Return the bodies once there are so many."""
        until = time.monotonic() + within
        while len(self.raw) < many:
            assert time.monotonic() < until, f"{len(self.raw)} of {many}"
            time.sleep(0.01)
        return self.bodies
