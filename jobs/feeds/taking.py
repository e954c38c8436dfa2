"""Take what a feed tells: archived, read and applied in one transaction with its cursor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from jobs import evidence, settings
from models import apply, db, feeds, gaps, moment, records, runs
from scraper import errors, payload, site

Told = tuple[payload.Payload, payload.Batch | None]
"""An answer, and what it says; None for one that is in no format we know."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What came of some answers: how many `records` they state, and how many acts were `new`."""

    records: int = 0
    new: int = 0


class Taker(msgspec.Struct, kw_only=True):
    """Where the answers of one feed go, for one attempt at its run."""

    database: db.Database
    chosen: settings.Settings
    where: site.Site
    feed: site.Feed
    standing: feeds.Feed
    account: runs.Account
    run: runs.Run

    @property
    def layout(self) -> site.Layout:
        """The site's layout, with the operator's values."""
        return settings.layout(self.chosen, self.where.name)

    def ask(self, *, patient: bool) -> payload.Request:
        """Return what to ask the feed for next."""
        with self.database.read() as connection:
            cursor = runs.cursor(connection, self.run)
        errand = site.Errand(
            username=self.account.username,
            target=self.standing.target,
            cursor=cursor,
            patient=patient,
            now=moment.now(),
        )
        return self.feed.start(errand, self.layout)

    @property
    def tells_once(self) -> bool:
        """Whether an answer that did not reach us is lost: the feed keeps what nobody asked for."""
        return self.feed.way == "asked" and not self.feed.keeps

    def note_silence(self, reason: str = "not_heard") -> None:
        """Note the time in which nobody heard a feed that keeps nothing, now that it is heard."""
        heard = self.standing.heard_at
        if heard is not None and not self.feed.keeps:
            where = (self.account.id, self._source, self.standing.target)
            now = moment.now()
            with self.database.write() as connection:
                gaps.note(connection, where, (heard, now), reason)
                feeds.change(connection, self.standing.name, heard_at=now)

    def take(self, answers: Sequence[payload.Payload]) -> Taken:
        """Write what answers state, in one transaction; those that state nothing are not kept.

        Raises the error of the first answer that cannot be read: it is archived nevertheless, and
        nothing of it is applied; what is pushed to us is counted, too, and archived whatever is
        wrong with it. Raises Superseded if somebody else listens by now.
        """
        told: list[Told] = []
        fault: errors.GreenroomError | None = None
        for answer in answers:
            try:
                self.where.guard(answer, self.layout)
                told.append((answer, self.where.parsers[answer.request.kind](answer, self.layout)))
            except errors.GreenroomError as error:
                if self._is_pushed or isinstance(error, errors.PageChanged | errors.Refused):
                    told.append((answer, None))
                fault = fault or error
        taken = self._write([one for one in told if one[1] is None or one[1].records], fault)
        if fault is not None:
            raise fault
        return taken

    def refuse(self, error: errors.GreenroomError) -> None:
        """Count what was pushed and is not kept, and say why."""
        with self.database.write() as connection:
            feeds.refuse(connection, self.standing.name, f"{error.code}: {error.message}")

    def _write(self, told: Sequence[Told], fault: errors.GreenroomError | None) -> Taken:
        if not told:
            return Taken()
        new = count = 0
        with self.database.write() as connection:
            known = self._known(connection, told[0][0])
            for answer, batch in told:
                payload_id = evidence.put(connection, self.run.id, answer)
                if batch is not None:
                    source = self._origin(payload_id, answer)
                    new += apply.apply(connection, batch.records, source).new
                    count += len([one for one in batch.records if _is_told(one)])
            if known is not None:
                self._note_hole(connection, known, told)
            values = runs.add(pages=len(told), records=count, new=new)
            runs.progress(connection, self.run, values)
            now = moment.now()
            # of what is pushed the listener says how long the door was open: see note_silence
            facts = {} if self._is_pushed else {"heard_at": now}
            feeds.change(
                connection, self.standing.name, **facts | ({"told_at": now} if new else {})
            )
            if fault is not None and self._is_pushed:
                feeds.refuse(connection, self.standing.name, f"{fault.code}: {fault.message}")
        return Taken(records=count, new=new)

    def _known(self, connection: db.Connection, answer: payload.Payload) -> datetime | None:
        """Return when the last known act was, of a feed that was asked as if nothing were known."""
        keeps = self.feed.keeps and self.feed.way == "asked"
        if not keeps or "cursor" in answer.request.context:
            return None
        return gaps.last_act(connection, self.account.id, self._source)

    def _note_hole(self, connection: db.Connection, known: datetime, told: Sequence[Told]) -> None:
        """Note a gap where what a feed has kept begins behind what was known of it."""
        stated = (one for _, batch in told if batch is not None for one in batch.records)
        times = [one.at for one in stated if isinstance(one, records.Interaction)]
        if times:
            where = (self.account.id, self._source, self.standing.target)
            gaps.note(connection, where, (known, min(times)), "cursor_lost")

    def _origin(self, payload_id: int, answer: payload.Payload) -> apply.Source:
        return apply.Source(
            account_id=self.account.id,
            site=self.where.platform or self.where.name,
            run_id=self.run.id,
            payload_id=payload_id,
            collector=self._source,
            target=self.standing.target,
            seen_at=answer.fetched_at,
        )

    @property
    def _is_pushed(self) -> bool:
        return self.feed.way == "pushed"

    @property
    def _source(self) -> str:
        return self.standing.feed


def _is_told(record: records.Record) -> bool:
    return not isinstance(record, records.Cursor | records.Missed | records.StableId)
