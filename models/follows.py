"""Close a walked listing: apply it, hold it, or end nobody; confirm, discard and undo it later.

States of a listing: `open` (being walked, or resumable) becomes `complete` (applied), `partial`
(proves nothing, so nobody was ended) or `held` (proved, but it ends so many edges that it waits
for a second proved list or for the operator). A held one becomes `complete`, `discarded` or
`superseded`; the newest complete one may become `undone`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from models import closing, listing, standing


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
    this = standing.known(connection, listing_id)
    previous = standing.applied(connection, this)
    reasons = verdict.reasons or _looks(connection, this, verdict, second)
    reasons = reasons or _order(previous, as_of)
    keep = _withheld(connection, this, previous, verdict) if not reasons else None
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
    held = () if _agreed(connection, this) else closing.hold_reasons(connection, plan)
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
    this = _of_run(connection, run_id)
    if this.state != "held" and not (this.state == "partial" and this.withheld):
        raise standing.NotPossible(f"run {run_id} has no held list; its list is {this.state}")
    previous = standing.applied(connection, this)
    if this.as_of is None or not standing.seen(connection, this.id):
        raise standing.NotPossible(f"the entries of run {run_id} are no longer kept; collect again")
    if _order(previous, this.as_of):
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
    this = _of_run(connection, run_id)
    if this.state != "complete":
        raise standing.NotPossible(f"run {run_id} changed nothing; its list is {this.state}")
    newest = standing.applied(connection, this)
    if newest is not None and newest.id != this.id:
        raise standing.NotPossible(
            f"run {newest.run_id} built on run {run_id}; undo that one first"
        )
    facts = {"listing": this.id}
    closing.execute(connection, "DELETE FROM follow_events WHERE listing_id = :listing", facts)
    opened = closing.execute(
        connection, "DELETE FROM follow_edges WHERE opened_by = :listing", facts
    )
    reopened = closing.execute(
        connection,
        "UPDATE follow_edges SET ended = NULL, closed_by = NULL WHERE closed_by = :listing",
        facts,
    )
    standing.change(connection, this.id, state="undone")
    return closing.Outcome(state="undone", new=opened.rowcount, lost=reopened.rowcount)


def _looks(
    connection: Connection,
    this: closing.Known,
    first: listing.Verdict,
    second: tuple[int, listing.Verdict] | None,
) -> tuple[str, ...]:
    """Return why a second look does not bear out the first: it must show everybody again.

    Where somebody left, somebody else may have slipped from page to page, unseen both times.
    """
    if second is None:
        return ()
    other, verdict = second
    if verdict.reasons:
        return tuple(f"second look: {reason}" for reason in verdict.all_reasons())
    if verdict.withheld != first.withheld:
        return (f"second look: {verdict.withheld} withheld, {first.withheld} at the first",)
    gone = standing.gone(connection, this.id, other)
    return (f"second look: {gone} people of the first are gone",) if gone else ()


def _order(previous: closing.Known | None, as_of: datetime) -> tuple[str, ...]:
    if previous is None or previous.as_of is None or previous.as_of < as_of:
        return ()
    return (f"out_of_order: the list of run {previous.run_id} is as new or newer",)


def _withheld(
    connection: Connection,
    this: closing.Known,
    previous: closing.Known | None,
    verdict: listing.Verdict,
) -> str | None:
    """Return who the withheld rows are (see `closing.prepare`), or None if nothing tells.

    Rows that the site counts and does not show are either the ones it did not show last time, or,
    when two walks in a row show exactly the same people, those missing; if more, the list is held.
    """
    if not verdict.withheld:
        return "nobody"
    if previous and previous.withheld == verdict.withheld:
        facts = closing.scope(this) | {"previous": previous.id}
        shown_again = closing.count(
            connection,
            f"SELECT count(*) {closing.OPEN_EDGES} AND {closing.seen_in('listing')}"
            f" AND NOT {closing.seen_in('previous')}",
            facts,
        )
        if not shown_again:
            return "previous"
    last = standing.before(connection, this, "partial", "complete", "held")
    if last and last.withheld == verdict.withheld and _same_people(connection, this.id, last.id):
        return "everybody" if absent(connection, this.id) <= verdict.withheld else "nobody"
    return None


def _same_people(connection: Connection, one: int, other: int) -> bool:
    return not (standing.gone(connection, one, other) or standing.gone(connection, other, one))


def _agreed(connection: Connection, this: closing.Known) -> bool:
    """Tell whether a held list before this one would have ended (almost) the same people."""
    held = standing.before(connection, this, "held")
    if held is None:
        return False
    facts = closing.scope(this) | {"held": held.id}
    open_edges = closing.count(connection, f"SELECT count(*) {closing.OPEN_EDGES}", facts)
    only_one = closing.count(
        connection,
        f"SELECT count(*) {closing.OPEN_EDGES} AND {closing.seen_in('held')}"
        " <> (e.id NOT IN (SELECT edge_id FROM closing_lost))",
        facts,
    )
    return only_one <= max(closing.HOLD_ROWS, int(closing.HOLD_SHARE * open_edges))


def _apply(connection: Connection, plan: closing.Plan) -> closing.Outcome:
    this = plan.listing
    outcome = closing.apply(connection, plan)
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
