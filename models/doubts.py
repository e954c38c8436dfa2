"""Why a list that was walked to its end is not applied, or not yet."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from models import closing, listing, standing

_LISTED = f"{closing.OPEN_EDGES} AND NOT (e.opened_by IS NULL AND e.confirmed_by IS NULL)"
"""Who is on the list and was shown by a list before: of others a feed alone has told."""


def looks(
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


def order(previous: closing.Known | None, as_of: datetime) -> tuple[str, ...]:
    """Return why a list comes too late: one as new as it is applied."""
    if previous is None or previous.as_of is None or previous.as_of < as_of:
        return ()
    return (f"out_of_order: the list of run {previous.run_id} is as new or newer",)


def withheld(
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
            f"SELECT count(*) {_LISTED} AND {closing.seen_in('listing')}"
            f" AND NOT {closing.seen_in('previous')}",
            facts,
        )
        if not shown_again:
            return "previous"
    last = standing.before(connection, this, "partial", "complete", "held")
    if last and last.withheld == verdict.withheld and _same_people(connection, this.id, last.id):
        sql = f"SELECT count(*) {_LISTED} AND NOT {closing.seen_in('listing')}"
        absent = closing.count(connection, sql, closing.scope(this))
        return "everybody" if absent <= verdict.withheld else "nobody"
    return None


def _same_people(connection: Connection, one: int, other: int) -> bool:
    return not (standing.gone(connection, one, other) or standing.gone(connection, other, one))


def agreed(connection: Connection, this: closing.Known) -> bool:
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
