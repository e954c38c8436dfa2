"""Walk a run's leads: fetch, archive, read, apply, and note what is left, page by page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Protocol

import msgspec
import stamina

from jobs import evidence
from models import apply, db, records, runs, standing
from scraper import breaker, errors, payload, site

LONGEST_WAIT = breaker.LONG
"""Seconds a run waits for the site at most; a longer Retry-After ends it as resumable."""

STALE_PAGES = 5
"""List pages in a row without anybody new after which a walk gives up."""

_COUNTED = (
    *(records.Member, records.Interaction, records.Snapshot, records.Entry),
    records.Level,
)

_LEADS = msgspec.json.Encoder()


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How often and how long to wait when the site has a passing trouble (seconds)."""

    retries: int = 3
    wait: float = 5.0


class Visit(Protocol):
    """A browser at the site, with the account's session."""

    restored: bool

    async def fetch(self, request: payload.Request) -> tuple[payload.Payload, ...]:
        """Answer a request at the account's pace."""
        ...

    async def sign_in(self) -> None:
        """Sign in. Raises NeedsOperator."""
        ...

    async def answer(self, asked: errors.NeedsOperator) -> None:
        """Answer what the site asks for, if that can be done unasked; else raise it."""
        ...

    async def throttled(self, retry_after: float | None) -> None:
        """Keep everybody who uses the account quiet, for so many seconds if the site says so."""
        ...


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """Where a run stands: for showing it, not for deciding anything.

    `declared` is how many records there will be, as far as the site has said.
    """

    pages: int
    records: int
    part: str | None = None
    position: int | None = None
    declared: int | None = None


class Walk(msgspec.Struct, kw_only=True):
    """One attempt at a run: what is still to be asked, and where the answers go.

    `follows` tells whether the leads that answers give are followed; saved pages are all there is.
    """

    database: db.Database
    run: runs.Run
    where: site.Site
    layout: site.Layout
    source: apply.Source
    visit: Visit
    patience: Patience
    leads: list[payload.Request]
    show: Callable[[Progress], None]
    tell: Callable[[str], None]
    follows: bool = True
    signed_in: bool = False
    pages: int = 0
    records: int = 0
    declared: int | None = None

    async def to_the_end(self) -> None:
        """Follow every lead. Raises the error that stops the walk; what was read stays."""
        if not self.visit.restored and not self.signed_in:
            await self._sign_in()
        while self.leads:
            try:
                await self._patiently(self.leads[0])
            except (errors.PageChanged, errors.Refused) as error:
                await self._otherwise(error)
            except errors.NeedsOperator as asked:
                await self.visit.answer(asked)
            except errors.SignInAgain:
                if self.signed_in:
                    raise
                await self._sign_in()

    async def _sign_in(self) -> None:
        self.signed_in = True
        self.tell("signing in")
        await self.visit.sign_in()
        await asyncio.to_thread(self._note, signed_in=True)

    async def _patiently(self, request: payload.Request) -> None:
        """Take one lead, waiting out passing troubles."""
        attempts = stamina.retry_context(
            on=self._wait,
            attempts=self.patience.retries + 1,
            timeout=None,
            wait_initial=self.patience.wait,
            wait_max=60.0,
            wait_jitter=self.patience.wait / 5,
        )
        async for attempt in attempts:
            with attempt:
                await self._once(request)

    async def _once(self, request: payload.Request) -> None:
        answers = await self.visit.fetch(request)
        try:
            await asyncio.to_thread(self.take, request, answers)
        except errors.TryLater as error:
            if error.code == "throttled":
                await self.visit.throttled(error.retry_after)
            raise

    def _wait(self, error: Exception) -> bool | timedelta:
        """Decide whether an error is waited out, and for how long if the site said so."""
        if not isinstance(error, errors.TryLater):
            return False
        if error.retry_after is None:
            self.tell(f"{error.code}: {error.message}; trying again")
            return True
        if error.retry_after > LONGEST_WAIT:
            return False
        self.tell(f"{error.code}: waiting {error.retry_after:.0f} s as the site asks")
        return timedelta(seconds=error.retry_after)

    async def _otherwise(self, error: errors.GreenroomError) -> None:
        """Go on with what the lead names for the case that its answer is not there."""
        request = self.leads[0]
        if not request.otherwise:
            raise error
        self.tell(
            f"{request.kind} is not there ({error.code}); reading {request.otherwise[0].kind}"
        )
        self.leads[:1] = request.otherwise
        await asyncio.to_thread(self._note)

    def take(self, request: payload.Request, answers: Sequence[payload.Payload]) -> None:
        """Archive the answers, read them, and apply them together with the remaining leads.

        Applied in one transaction: a kill before it repeats this request, a kill after it does
        not.
        """
        with self.database.write() as connection:
            stored = [evidence.put(connection, self.run.id, answer) for answer in answers]
        batches = [self._read(answer) for answer in answers]
        given = [lead for batch in batches for lead in batch.leads]
        left = [*(given if self.follows else ()), *self.leads[1:]]
        with self.database.write() as connection:
            new = count = 0
            for payload_id, answer, batch in zip(stored, answers, batches, strict=True):
                source = msgspec.structs.replace(
                    self.source, payload_id=payload_id, seen_at=answer.fetched_at
                )
                new += apply.apply(connection, batch.records, source).new
                count += sum(isinstance(record, _COUNTED) for record in batch.records)
            self._refuse_standstill(connection, request)
            gains = {} if self.source.listing_id else {"new": new}
            values = runs.add(pages=1, records=count, **gains) | {"leads": encode(left)}
            runs.progress(connection, self.run, values)
        self.leads = left
        self.pages += 1
        self.records += count
        self._show(batches)

    def _read(self, answer: payload.Payload) -> payload.Batch:
        self.where.guard(answer, self.layout)
        return self.where.parsers[answer.request.kind](answer, self.layout)

    def _refuse_standstill(self, connection: db.Connection, request: payload.Request) -> None:
        """Give up on a list whose pages go on without showing anybody new."""
        listing_id = self.source.listing_id
        if listing_id is None or "part" not in request.context:
            return
        part = payload.context_text(request, "part")
        if standing.pages_without_news(connection, listing_id, part) >= STALE_PAGES:
            raise errors.PageChanged(
                "no_progress", f"{STALE_PAGES} pages in a row show nobody new", url=request.url
            )

    def _note(self, **values: object) -> None:
        with self.database.write() as connection:
            runs.progress(connection, self.run, {"leads": encode(self.leads)} | values)

    def _show(self, batches: Sequence[payload.Batch]) -> None:
        pages = [
            record
            for batch in batches
            for record in batch.records
            if isinstance(record, records.ListPage)
        ]
        last = pages[-1] if pages else None
        self.declared = self.declared or self._stated(batches) or (last.declared if last else None)
        self.show(
            Progress(
                pages=self.pages,
                records=self.records,
                part=last.part if last else None,
                position=last.position if last else None,
                declared=self.declared,
            )
        )

    def _stated(self, batches: Sequence[payload.Batch]) -> int | None:
        """Return the size of the whole list if one of its totals was just stated."""
        totals = self.where.collectors[self.run.collector.rpartition(".")[2]].totals
        stated = (
            int(record.value)
            for batch in batches
            for record in batch.records
            if isinstance(record, records.Check) and record.source in totals
        )
        return next(stated, None)


def encode(leads: Sequence[payload.Request]) -> str:
    """Return leads as the text that is stored with the run."""
    return _LEADS.encode(leads).decode()


def decode(text: str) -> list[payload.Request]:
    """Return stored leads."""
    return msgspec.json.decode(text, type=list[payload.Request])
