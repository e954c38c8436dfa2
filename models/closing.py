"""The set-based half of closing a listing: who is new, who is lost, and writing it down."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, text

from models.moment import Moment

HOLD_ROWS = 10
HOLD_SHARE = 0.05


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A listing as it stands in its table."""

    id: int
    run_id: int
    look: int
    account_id: int
    direction: str
    state: str
    as_of: datetime | None
    seen: int
    withheld: int
    unnamed: int


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What applying a listing would do; its rows stand in the temporary tables.

    `withheld` people are declared by the site and not shown; `unnamed` of them were never seen.
    `newcomers` includes those of a first list, which are no news. `certain` is false where some
    of the lost may be among the withheld.
    """

    listing: Known
    as_of: datetime
    previous: Known | None
    withheld: int
    unnamed: int
    certain: bool
    open_edges: int
    newcomers: int
    returned: int
    lost: int


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What closing a listing came to: `complete`, `partial` or `held`, and why not complete."""

    state: str
    reasons: tuple[str, ...] = ()
    new: int = 0
    lost: int = 0
    returned: int = 0


def execute(connection: Connection, sql: str, facts: Mapping[str, Any]) -> Any:
    """Run one statement; `as_of` is bound as a Moment."""
    statement = text(sql)
    if ":as_of" in sql:
        statement = statement.bindparams(bindparam("as_of", type_=Moment))
    return connection.execute(statement, dict(facts))


def count(connection: Connection, sql: str, facts: Mapping[str, Any]) -> int:
    """Return the single number that `sql` selects."""
    return int(execute(connection, sql, facts).scalar_one())


def scope(known: Known) -> dict[str, Any]:
    """Return the bind values that name a listing and the list it belongs to."""
    return {"account": known.account_id, "direction": known.direction, "listing": known.id}


OPEN_EDGES = (
    "FROM follow_edges e"
    " WHERE e.account_id = :account AND e.direction = :direction AND e.ended IS NULL"
)


def seen_in(listing: str) -> str:
    """Return the condition that edge `e` is among the entries of the listing bound as `listing`."""
    return (
        "EXISTS (SELECT 1 FROM listing_entries x"
        f" WHERE x.listing_id = :{listing} AND x.person_id = e.person_id)"
    )


class Basis(msgspec.Struct, frozen=True, kw_only=True):
    """What a list is compared with to find who is lost.

    `previous`  the newest applied listing, None for a first list
    `second`    the listing of a second look: whoever it shows is not lost
    `withheld`  how many people the site declares and does not show; `keep` says who they are:
                `nobody` of the missing; `everybody` missing; or those whom the `previous` list
                did not show either
    """

    previous: Known | None
    second: int | None = None
    withheld: int = 0
    keep: str = "nobody"


def prepare(connection: Connection, known: Known, as_of: datetime, basis: Basis) -> Plan:
    """Work out who is new and who is lost, into temporary tables, and count them."""
    drop(connection)
    previous = basis.previous
    facts = scope(known) | {"second": basis.second, "previous": previous.id if previous else None}
    lost = f"SELECT e.id AS edge_id, e.person_id {OPEN_EDGES} AND NOT {seen_in('listing')}"
    if basis.second is not None:
        lost += f" AND NOT {seen_in('second')}"
    if basis.keep == "previous":
        lost += f" AND {seen_in('previous')}"
    if basis.keep == "everybody":
        lost += " AND 1 = 0"
    execute(connection, f"CREATE TEMPORARY TABLE closing_lost AS {lost}", facts)
    execute(connection, _NEW, facts)
    missing = _missing(connection, facts) if basis.withheld else 0
    return Plan(
        listing=known,
        as_of=as_of,
        previous=previous,
        withheld=basis.withheld,
        unnamed=max(0, basis.withheld - missing),
        certain=not basis.withheld or basis.keep != "nobody",
        open_edges=count(connection, f"SELECT count(*) {OPEN_EDGES}", facts),
        newcomers=count(connection, "SELECT count(*) FROM closing_new", {}),
        returned=count(connection, "SELECT count(*) FROM closing_new WHERE returned", {}),
        lost=count(connection, "SELECT count(*) FROM closing_lost", {}),
    )


def _missing(connection: Connection, facts: Mapping[str, Any]) -> int:
    """Count the open edges that the list does not show and that it does not end either."""
    absent = count(connection, f"SELECT count(*) {OPEN_EDGES} AND NOT {seen_in('listing')}", facts)
    return absent - count(connection, "SELECT count(*) FROM closing_lost", {})


def hold_reasons(connection: Connection, plan: Plan) -> tuple[str, ...]:
    """Return why a proved list must wait: empty, or it ends too many or perhaps hidden people."""
    if plan.open_edges and not _any_entry(connection, plan.listing):
        return (f"empty: the list is empty and {plan.open_edges} people were on it",)
    if plan.lost and not plan.certain:
        return (f"withheld: {plan.lost} are missing, {plan.withheld} of them perhaps only hidden",)
    allowed = max(HOLD_ROWS, int(HOLD_SHARE * plan.open_edges))
    if plan.lost > allowed:
        return (f"mass_change: {plan.lost} of {plan.open_edges} would end, {allowed} may",)
    return ()


def apply(connection: Connection, plan: Plan) -> Outcome:
    """Write edges and events from the temporary tables, and drop these."""
    baseline = plan.previous is None
    appeared = plan.previous.unnamed - plan.unnamed if plan.previous else 0
    facts = scope(plan.listing) | {
        "as_of": plan.as_of,
        "known": not baseline and appeared <= 0,
        "certain": plan.certain,
    }
    execute(connection, _OPEN_EDGES_OF_NEW, facts)
    execute(connection, _END_EDGES_OF_LOST, facts)
    execute(connection, _EVENTS_OF_LOST, facts)
    if not baseline and plan.newcomers > appeared:
        execute(connection, _EVENTS_OF_NEW, facts)
    drop(connection)
    return Outcome(
        state="complete",
        new=0 if baseline else plan.newcomers,
        lost=plan.lost,
        returned=plan.returned,
    )


def drop(connection: Connection) -> None:
    """Drop the temporary tables, if they are there."""
    for table in ("closing_lost", "closing_new"):
        execute(connection, f"DROP TABLE IF EXISTS {table}", {})


def _any_entry(connection: Connection, known: Known) -> bool:
    found = execute(
        connection,
        "SELECT 1 FROM listing_entries WHERE listing_id = :listing LIMIT 1",
        {"listing": known.id},
    )
    return found.first() is not None


_NEW = """
    CREATE TEMPORARY TABLE closing_new AS
    SELECT n.person_id, EXISTS (
        SELECT 1 FROM follow_edges f
        WHERE f.person_id = n.person_id AND f.account_id = :account AND f.direction = :direction
    ) AS returned
    FROM (
        SELECT DISTINCT x.person_id FROM listing_entries x
        WHERE x.listing_id = :listing AND NOT EXISTS (
            SELECT 1 FROM follow_edges e
            WHERE e.account_id = :account AND e.direction = :direction
              AND e.person_id = x.person_id AND e.ended IS NULL)
    ) n"""
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
