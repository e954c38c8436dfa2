"""Read pages that somebody saved in a browser, by the same path and proof as a live run."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from jobs import run, verdicts, walk
from models import db, listing, moment, runs, standing
from scraper import errors, payload, site

LARGEST = 8 * 1024 * 1024
"""Bytes of a saved page that are still read."""

_SAVED_FROM = re.compile(rb"<!--\s*saved from url=\(\d+\)(\S+)\s*-->")


class SavedPage(msgspec.Struct, frozen=True, kw_only=True):
    """A file and the part of the list that it shows."""

    path: Path
    part: str


def parts(
    files: Sequence[Path], offline: Sequence[Path], collector: site.Collector
) -> list[SavedPage]:
    """Say which part of the list each file shows.

    A list of one part needs no saying. Of the two halves of a followed list, `offline` names the
    files of the second; a file whose browser noted its address is believed before that.

    Raises BadConfig when a file cannot be read.
    """
    halves = [
        (path, "online" if len(collector.parts) > 1 else collector.parts[0]) for path in files
    ]
    return [
        SavedPage(path=path, part=_noted_part(path) or part)
        for path, part in [*halves, *((path, "offline") for path in offline)]
    ]


def order(where: site.Site, kind: str, account: runs.Account) -> tuple[runs.Order, str]:
    """Return the run that importing a saved list is, and the parser's kind. Raises BadConfig."""
    if kind not in where.imports:
        known = ", ".join(sorted(where.imports)) or "none"
        raise errors.BadConfig("bad_request", f"{where.name} has no saved {kind} (known: {known})")
    parser, collector = where.imports[kind]
    asked = runs.Order(
        account_id=account.id,
        collector=f"{where.name}.{collector}",
        requested_by=verdicts.IMPORTED,
        version=run.version(),
    )
    return asked, parser


def leads(pages: Sequence[SavedPage], parser: str) -> list[payload.Request]:
    """Return the requests that read these files."""
    return [
        payload.Request(
            url=str(page.path.absolute()), kind=parser, via="file", context={"part": page.part}
        )
        for page in pages
    ]


class SavedVisit:
    """Answers requests from files; there is nobody to sign in as."""

    restored = True

    async def fetch(self, request: payload.Request) -> tuple[payload.Payload, ...]:
        """Read a saved page. Raises BadConfig when it cannot be read or is far too large."""
        path = Path(request.url)
        body, saved = await asyncio.to_thread(_read_saved, path)
        named = msgspec.structs.replace(request, url=f"file:{path.name}")
        answer = payload.Payload(
            request=named,
            url=_noted_url(body) or named.url,
            status=200,
            body=body,
            fetched_at=saved,
            headers={"content-type": "text/html"},
        )
        return (answer,)

    async def sign_in(self) -> None:
        """Refuse: the saved page shows a session that was not signed in."""
        raise errors.Refused(
            "not_possible", "a saved page shows no signed-in user; save it while signed in"
        )

    async def answer(self, asked: errors.NeedsOperator) -> None:
        """Raise what the saved page asks for: nobody can answer a file."""
        raise asked

    async def throttled(self, retry_after: float | None) -> None:
        """Wait for nobody: a file has no pace."""


@asynccontextmanager
async def visit(_account: runs.Account) -> AsyncIterator[walk.Visit]:
    """Visit saved pages: needs no browser, no session and no lock."""
    yield SavedVisit()


def place(
    connection: db.Connection,
    asked: runs.Order,
    wanted: Sequence[payload.Request],
    collector: site.Collector,
    total: int | None,
) -> int:
    """Write the import down as a run, with the operator's own count of the list if given."""
    run_id = runs.create(connection, asked)
    runs.amend(connection, run_id, {"leads": walk.encode(wanted)})
    if total is not None and collector.direction is not None:
        listing_id = standing.start(
            connection, run_id, asked.account_id, collector.direction, look=1
        )
        standing.declare(connection, listing_id, listing.OPERATOR_TOTAL, total)
    return run_id


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            body = file.read(LARGEST + 1)
    except OSError as error:
        raise errors.BadConfig("bad_request", f"{path} cannot be read: {error.strerror}") from error
    if len(body) > LARGEST:
        raise errors.BadConfig("bad_request", f"{path} is larger than {LARGEST} bytes")
    return body


def _read_saved(path: Path) -> tuple[bytes, datetime]:
    """Return a saved page and when it was saved."""
    body = _read(path)
    return body, min(datetime.fromtimestamp(path.stat().st_mtime, UTC), moment.now())


def _noted_url(body: bytes) -> str | None:
    """Return the address that browsers note in a page they save ("saved from url")."""
    noted = _SAVED_FROM.search(body[:4096])
    return noted[1].decode("ascii", "replace") if noted else None


def _noted_part(path: Path) -> str | None:
    url = _noted_url(_read(path))
    if url is None or "followed-cams" not in url:
        return None
    return "offline" if "/offline" in url else "online"
