"""Judge by what runs have read whether they leave anything of a gap unread."""

from __future__ import annotations

from datetime import datetime

import msgspec

from jobs import evidence, raw, settings
from models import archive, db, gaps, records, runs
from scraper import errors


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What a run has read of a history.

    `whole`: the history is now known without a hole. Else it is known from `since`, its first act,
    to `until`, when it was last shown; both are None where no act was shown.
    """

    whole: bool = False
    since: datetime | None = None
    until: datetime | None = None


def fault(
    connection: db.Connection, chosen: settings.Settings, gap: gaps.Gap, run: runs.Run
) -> str | None:
    """Return why a run that has ended leaves something of a gap unread; None if it does not.

    It leaves nothing where it was asked for the whole span and came to its end, where it says that
    its history has no hole, and where what it shows, or what runs before it showed that it joins
    without a break, begins before the gap does.
    """
    if run.status != "ok":
        why = run.errors[0]["code"] if run.errors else run.status
        return f"run {run.id} ended {run.status} ({why})"
    read = _read(connection, chosen, run)
    if _asked_for(gap, run) or read.whole:
        return None
    begins = _begins(connection, chosen, run, read, gap.since)
    if begins is None:
        return f"run {run.id} was shown nothing"
    return _missing(gap, run, begins)


def _missing(gap: gaps.Gap, run: runs.Run, begins: datetime) -> str | None:
    shown = f"{begins:%Y-%m-%d %H:%M:%S} UTC"
    if begins >= gap.until:
        return f"run {run.id} was shown nothing from before {shown}, which is behind the gap"
    if begins > gap.since:
        return f"run {run.id} has read it from {shown} on; nothing older is shown any more"
    return None


def _asked_for(gap: gaps.Gap, run: runs.Run) -> bool:
    since, until = (run.options.get(name) for name in ("since", "until"))
    if not since or not until:
        return False
    asked = datetime.fromisoformat(str(since)), datetime.fromisoformat(str(until))
    return asked[0] <= gap.since and gap.until <= asked[1]


def _begins(
    connection: db.Connection, chosen: settings.Settings, run: runs.Run, read: Read, since: datetime
) -> datetime | None:
    """Return from when on all is read that a history has shown: by this run, or one before it."""
    begins = read.since
    for earlier in gaps.runs_before(connection, run):
        if begins is None or begins <= since:
            break
        before = _read(connection, chosen, runs.get(connection, earlier))
        if before.since is None or before.until is None or before.until < begins:
            break
        begins = min(begins, before.since)
    return begins


def _read(connection: db.Connection, chosen: settings.Settings, run: runs.Run) -> Read:
    """Return what the archived answers of a run say."""
    found = Read()
    for payload_id in archive.find(connection, run_id=run.id):
        try:
            kept = evidence.get(connection, payload_id)
            stated = raw.read(chosen, kept.account.site, kept.answer).records
        except (errors.GreenroomError, db.Unusable):  # what cannot be read proves nothing
            continue
        times = [one.at for one in stated if isinstance(one, records.Interaction)]
        if any(isinstance(one, records.Cursor) for one in stated):
            found = msgspec.structs.replace(found, whole=True)
        if times:
            known = times if found.since is None else [*times, found.since]
            until = kept.answer.fetched_at
            found = msgspec.structs.replace(found, since=min(known), until=until)
    return found
