"""Close a run's list: gather its evidence, judge it, and look twice before anybody is ended."""

from __future__ import annotations

import msgspec

from models import closing, db, follows, listing, moment, runs, standing
from scraper import site

IMPORTED = "import"
"""Who asked for a run whose pages were saved by hand: there is no second look at those."""

STATUS = {
    "complete": "ok",
    "held": "held",
    "partial": "partial",
    "superseded": "held",
    "discarded": "held",
    "undone": "ok",
}
"""The state of a run's list -> the run's status."""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """Whose list a run claims to have walked, and which collector walked it."""

    account: runs.Account
    collector: site.Collector
    run: runs.Run


def close(database: db.Database, claim: Claim) -> str | None:
    """Close the run's list; return the run's status, or None if a second look is needed first.

    A first look that proves the list but misses people who were on it is not enough to end them:
    somebody who leaves while the list is read moves everybody after them, and one may slip
    through between two pages. Only who is missing from two looks is ended.

    The list and the run's status are written in one transaction; doing it again changes nothing.
    """
    with database.write() as connection:
        first = _required(connection, claim)
        if first.state != "open":
            return STATUS[first.state]
        second = standing.of_run(connection, claim.run.id, look=2)
        verdict = judge(connection, claim, first.id)
        live = claim.run.requested_by != IMPORTED
        if live and second is None and not verdict.reasons and follows.absent(connection, first.id):
            return None
        again = (second.id, judge(connection, claim, second.id)) if second else None
        as_of = standing.last_read(connection, claim.run.id) or moment.now()
        outcome = follows.close(connection, first.id, verdict, as_of, second=again)
        status = STATUS[outcome.state]
        runs.progress(connection, claim.run, _gains(outcome) | {"status": status})
        return status


def suspend(connection: db.Connection, claim: Claim, stopped_by: str) -> None:
    """Note what a stopped walk has shown; its list stays open, and nobody is ended."""
    first = standing.of_run(connection, claim.run.id)
    if first is not None and first.state == "open":
        verdict = judge(connection, claim, first.id, stopped_by=stopped_by)
        follows.suspend(connection, first.id, verdict)


def judge(
    connection: db.Connection, claim: Claim, listing_id: int, stopped_by: str | None = None
) -> listing.Verdict:
    """Return what the evidence of one look proves."""
    parts = claim.collector.parts
    if claim.run.requested_by == IMPORTED:
        parts = tuple(part for part in parts if not part.endswith(listing.AGAIN))
    evidence = msgspec.structs.replace(
        follows.gather(connection, listing_id),
        username=claim.account.username,
        parts=parts,
        totals=(listing.OPERATOR_TOTAL, *claim.collector.totals),
        stopped_by=stopped_by,
    )
    return listing.judge(evidence)


def _required(connection: db.Connection, claim: Claim) -> closing.Known:
    found = standing.of_run(connection, claim.run.id)
    assert found is not None  # noqa: S101 - a list collector opens its listing when it departs
    return found


def _gains(outcome: closing.Outcome) -> dict[str, int]:
    """Return what a list changed; one that waits or proves nothing has changed nothing."""
    if outcome.state != "complete":
        return {}
    return {"new": outcome.new, "lost": outcome.lost, "returned": outcome.returned}
