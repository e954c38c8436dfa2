"""Take what is pushed to us: kept for good before anybody is told that it came.

Any process takes, whether its listener has the feed or waits: what says the same is the same act,
however often and to whomever it is told, and both write in the attempt that the listener began.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jobs import settings
from jobs.feeds import station, taking
from models import db, runs
from scraper import errors
from scraper.fetch import answers

ATTEMPTS = 3
"""How often something is taken while listeners begin another attempt in between."""

_KEPT = "content-type"
_HIDDEN = b"***"


class Closed(Exception):
    """Nothing is taken now; what is sent again later is."""


class Unread(Exception):
    """It is archived, and nobody can read it. `args` say why."""


class Receiver:
    """Takes bodies for feeds. Its methods write: call in a thread."""

    def __init__(
        self,
        database: db.Database,
        chosen: Callable[[], settings.Settings],
        nudge: Callable[[], object],
    ) -> None:
        self._database = database
        self._chosen = chosen
        self._nudge = nudge

    def take(self, name: str, secret: str, headers: Mapping[str, str], body: bytes) -> taking.Taken:
        """Return what came of a body once it is written; the `secret` is kept nowhere.

        Raises Closed, Unread and Unusable.
        """
        body = body.replace(secret.encode(), _HIDDEN)
        for _ in range(ATTEMPTS):
            taker = self._taker(name)
            request = taker.ask(patient=False)
            answer = answers.answer(
                request,
                url=request.url,
                status=200,
                headers={key: value for key, value in headers.items() if key == _KEPT},
                body=body,
            )
            try:
                taken = taker.take([answer])
            except runs.Superseded:
                continue
            except errors.GreenroomError as error:
                raise Unread(f"{error.code}: {error.message}") from None
            if taken.new:
                self._nudge()
            return taken
        raise Closed("listeners of the feed come and go")

    def refuse(self, name: str, why: errors.GreenroomError) -> None:
        """Count what is not even read. Raises Closed and Unusable."""
        self._taker(name).refuse(why)

    def _taker(self, name: str) -> taking.Taker:
        try:
            taker = station.beside(self._database, self._chosen(), name)
        except (errors.GreenroomError, KeyError) as error:
            raise Closed(str(error)) from None
        if taker.standing.paused_at is not None:
            raise Closed("the feed is paused")
        return taker
