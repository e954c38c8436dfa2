"""Write down what closing a list comes to, and take it back."""

from __future__ import annotations

from sqlalchemy import Connection

from models import closing, follow_closing


def apply(connection: Connection, plan: closing.Plan) -> closing.Outcome:
    """Write edges and events from the temporary tables, and drop these."""
    facts = closing.scope(plan.listing) | {
        "as_of": plan.as_of,
        "known": plan.known,
        "certain": plan.certain,
    }
    closing.leave_out(connection, "closing_lost", plan.turns.people)
    closing.execute(connection, _OPEN_EDGES_OF_NEW, facts)
    closing.execute(connection, _END_EDGES_OF_LOST, facts)
    closing.execute(connection, _EVENTS_OF_LOST, facts)
    if plan.news:
        closing.execute(connection, _EVENTS_OF_NEW, facts)
    if plan.withheld:
        closing.execute(connection, _KEEP_HIDDEN, facts)
    follow_closing.apply(connection, plan.turns)
    closing.drop(connection)
    return closing.Outcome(
        state="complete",
        new=plan.newcomers if plan.previous else 0,
        lost=plan.lost,
        returned=plan.returned,
    )


def take_back(connection: Connection, known: closing.Known) -> tuple[int, int]:
    """Take back what the list did where no feed tells; return how many it had begun and ended."""
    facts = closing.scope(known)
    closing.execute(connection, f"{_FORGET} {_UNTOLD}", facts)
    opened = closing.execute(connection, f"{_CLOSE} {_UNTOLD}", facts)
    reopened = closing.execute(connection, f"{_REOPEN} {_UNTOLD}", facts)
    return opened.rowcount, reopened.rowcount


_FORGET = "DELETE FROM follow_events WHERE listing_id = :listing"
_CLOSE = "DELETE FROM follow_edges WHERE opened_by = :listing"
_REOPEN = "UPDATE follow_edges SET ended = NULL, closed_by = NULL WHERE closed_by = :listing"
_UNTOLD = """AND person_id NOT IN (SELECT person_id FROM follow_events
    WHERE account_id = :account AND direction = :direction AND act_id IS NOT NULL)"""
_KEEP_HIDDEN = """
    INSERT INTO listing_hidden (listing_id, person_id)
    SELECT :listing, person_id FROM closing_hidden"""
_OPEN_EDGES_OF_NEW = """
    INSERT INTO follow_edges (account_id, direction, person_id, since, since_known, opened_by)
    SELECT :account, :direction, person_id, :as_of, :known, :listing FROM closing_new
    ORDER BY person_id"""
_END_EDGES_OF_LOST = """
    UPDATE follow_edges SET ended = :as_of, closed_by = :listing
    WHERE id IN (SELECT edge_id FROM closing_lost)"""
_EVENTS_OF_LOST = """
    INSERT INTO follow_events
        (account_id, direction, person_id, kind, at, source, listing_id, certain, returned)
    SELECT :account, :direction, person_id, 'unfollow', :as_of, 'list', :listing, :certain, FALSE
    FROM closing_lost ORDER BY person_id"""
_EVENTS_OF_NEW = """
    INSERT INTO follow_events
        (account_id, direction, person_id, kind, at, source, listing_id, certain, returned)
    SELECT :account, :direction, person_id, 'follow', :as_of, 'list', :listing, :known, returned
    FROM closing_new ORDER BY person_id"""
