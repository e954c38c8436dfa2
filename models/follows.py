"""Close a walked listing: apply it, hold it, or end nobody; confirm, discard and undo it later.

States of a listing: `open` (being walked, or resumable) becomes `complete` (applied), `partial`
(proves nothing, so nobody was ended) or `held` (proved, but it ends so many edges that it waits
for a second proved list or for the operator). A held one becomes `complete`, `discarded` or
`superseded`; the newest complete one may become `undone`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from models import (
    closing,
    closing_writes,
    doubts,
    follow_acts,
    follow_closing,
    follow_rows,
    listing,
    standing,
)


def gather(connection: Connection, listing_id: int) -> listing.Evidence:
    """Return the stored pages, checks and count of a listing; the run adds what it claims."""
    facts = {"listing": listing_id}
    pages = closing.execute(
        connection,
        "SELECT part, position, step, rows, fresh, declared, ends FROM listing_pages"
        " WHERE listing_id = :listing",
        facts,
    )
    checks = closing.execute(
        connection,
        "SELECT source, moment, value FROM listing_checks WHERE listing_id = :listing ORDER BY id",
        facts,
    )
    return listing.Evidence(
        username="",
        parts=(),
        totals=(),
        pages=[listing.PageFact(**row) for row in pages.mappings()],
        checks=[listing.CheckFact(**row) for row in checks.mappings()],
        seen=standing.seen(connection, listing_id),
    )


def absent(connection: Connection, listing_id: int) -> int:
    """Count the open edges that the listing does not show: whom closing it might end."""
    facts = closing.scope(standing.known(connection, listing_id))
    sql = f"SELECT count(*) {closing.OPEN_EDGES} AND NOT {closing.seen_in('listing')}"
    return closing.count(connection, sql, facts)


def suspend(connection: Connection, listing_id: int, verdict: listing.Verdict) -> None:
    """Note what a walk that stopped has shown so far; it stays open and can be resumed."""
    standing.note(connection, listing_id, "open", verdict.all_reasons(), verdict)


def close(
    connection: Connection,
    listing_id: int,
    verdict: listing.Verdict,
    as_of: datetime,
    *,
    second: tuple[int, listing.Verdict] | None = None,
) -> closing.Outcome:
    """Close a listing: apply it if it is proved, hold it if it ends too many, else end nobody.

    `as_of` is when its last page was read. `second` is a second look, taken when the first one
    misses somebody: only who is missing from both is ended.
    """
    follow_rows.in_turn(connection)
    standing.note_begin(connection, listing_id)
    this = standing.known(connection, listing_id)
    previous = standing.applied(connection, this)
    reasons = verdict.reasons or doubts.looks(connection, this, verdict, second)
    reasons = reasons or doubts.order(previous, as_of)
    keep = doubts.withheld(connection, this, previous, verdict) if not reasons else None
    if keep is None:
        reasons = reasons or verdict.all_reasons()
        standing.note(connection, listing_id, "partial", reasons, verdict, as_of)
        standing.forget(connection, this, keep=listing_id)
        return closing.Outcome(state="partial", reasons=reasons)
    basis = closing.Basis(
        previous=previous,
        second=second[0] if second else None,
        withheld=verdict.withheld,
        keep=keep,
    )
    plan = closing.prepare(connection, this, as_of, basis)
    held = () if doubts.agreed(connection, this) else closing.hold_reasons(connection, plan)
    standing.note(connection, listing_id, "held" if held else "complete", held, verdict, as_of)
    if held:
        closing.drop(connection)
        standing.supersede(connection, this)
        return closing.Outcome(state="held", reasons=held, new=plan.newcomers, lost=plan.lost)
    return _apply(connection, plan)


def confirm(connection: Connection, run_id: int) -> closing.Outcome:
    """Apply the held listing of a run, or one whose only flaw is that the site withholds people.

    Raises NotPossible when the run has no such listing, or a newer list was applied since.
    """
    follow_rows.in_turn(connection)
    this = _of_run(connection, run_id)
    if this.state != "held" and not (this.state == "partial" and this.withheld):
        raise standing.NotPossible(f"run {run_id} has no held list; its list is {this.state}")
    previous = standing.applied(connection, this)
    if this.as_of is None or not standing.seen(connection, this.id):
        raise standing.NotPossible(f"the entries of run {run_id} are no longer kept; collect again")
    if doubts.order(previous, this.as_of):
        raise standing.NotPossible(f"a newer list than that of run {run_id} is already applied")
    second = standing.of_run(connection, run_id, look=2)
    basis = closing.Basis(
        previous=previous, second=second.id if second else None, withheld=this.withheld
    )
    plan = closing.prepare(connection, this, this.as_of, basis)
    return _apply(connection, plan)


def discard(connection: Connection, run_id: int) -> None:
    """Throw a held listing away; it has changed nothing. Raises NotPossible."""
    this = _of_run(connection, run_id)
    if this.state != "held":
        raise standing.NotPossible(f"run {run_id} has no held list; its list is {this.state}")
    standing.change(connection, this.id, state="discarded")
    standing.forget(connection, this, keep=None)


def undo(connection: Connection, run_id: int) -> closing.Outcome:
    """Take back exactly what the run's list did to edges and events.

    Only the newest applied list of an account and direction can be undone, so undoing several
    goes backwards. Raises NotPossible.
    """
    follow_rows.in_turn(connection)
    this = _of_run(connection, run_id)
    if this.state != "complete":
        raise standing.NotPossible(f"run {run_id} changed nothing; its list is {this.state}")
    newest = standing.applied(connection, this)
    if newest is not None and newest.id != this.id:
        raise standing.NotPossible(
            f"run {newest.run_id} built on run {run_id}; undo that one first"
        )
    place = (this.account_id, this.direction)
    told = follow_closing.undo(connection, this.id)
    opened, closed = closing_writes.take_back(connection, this)
    standing.change(connection, this.id, state="undone")
    follow_acts.settle(connection, place, follow_acts.told(connection, place))
    return closing.Outcome(
        state="undone", new=opened + told["opened_by"], lost=closed + told["closed_by"]
    )


def _apply(connection: Connection, plan: closing.Plan) -> closing.Outcome:
    this = plan.listing
    outcome = closing_writes.apply(connection, plan)
    standing.change(
        connection,
        this.id,
        state="complete",
        baseline=plan.previous is None,
        withheld=plan.withheld,
        unnamed=plan.unnamed,
        new=outcome.new,
        lost=outcome.lost,
        returned=outcome.returned,
    )
    standing.supersede(connection, this)
    standing.forget(connection, this, keep=this.id if plan.withheld else None)
    return outcome


def _of_run(connection: Connection, run_id: int) -> closing.Known:
    found = standing.of_run(connection, run_id)
    if found is None:
        raise standing.NotPossible(f"run {run_id} has walked no list")
    return found
