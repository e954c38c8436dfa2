"""The set-based half of closing a listing: who is new, who is lost, and writing it down."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, text

from models import bulk, follow_closing
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
    begun: datetime | None
    as_of: datetime | None
    seen: int
    withheld: int
    unnamed: int


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What applying a listing would do; its rows stand in the temporary tables.

    `withheld` people are declared by the site and not shown; `unnamed` of them were never seen.
    `newcomers` includes those of a first list, which are no news. `certain` is false where some
    of the lost may be among the withheld. `known`: since when newcomers are there is known;
    `news`: they are worth an event. `turns` are the people of whom a feed tells too.
    """

    listing: Known
    as_of: datetime
    previous: Known | None
    withheld: int
    unnamed: int
    certain: bool
    known: bool
    news: bool
    turns: follow_closing.Turns
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
    turns = follow_closing.find(connection, _asked(known, as_of, basis))
    leave_out(connection, "closing_new", turns.people)
    hidden = _hidden(connection, facts, turns) if basis.withheld else 0
    unnamed = max(0, basis.withheld - hidden)
    appeared = previous.unnamed - unnamed if previous else 0
    newcomers = count(connection, "SELECT count(*) FROM closing_new", {})
    plan = Plan(
        listing=known,
        as_of=as_of,
        previous=previous,
        withheld=basis.withheld,
        unnamed=unnamed,
        certain=not basis.withheld or basis.keep != "nobody",
        known=previous is not None and appeared <= 0,
        news=previous is not None and (appeared <= 0 or newcomers + turns.unheard > appeared),
        turns=turns,
        open_edges=count(connection, f"SELECT count(*) {OPEN_EDGES}", facts),
        newcomers=newcomers,
        returned=count(connection, "SELECT count(*) FROM closing_new WHERE returned", {}),
        lost=0,
    )
    return _told(connection, plan)


def _asked(known: Known, as_of: datetime, basis: Basis) -> follow_closing.Asked:
    return follow_closing.Asked(
        place=(known.account_id, known.direction),
        listing_id=known.id,
        begun=known.begun,
        as_of=as_of,
        previous=basis.previous.id if basis.previous else 0,
        second=basis.second or 0,
        keep=basis.keep,
    )


def _told(connection: Connection, plan: Plan) -> Plan:
    """Return the plan with what the list does to people of whom a feed tells."""
    turns = plan.turns
    follow_closing.tell(
        connection,
        turns,
        plan.unnamed,
        known=plan.known,
        news=plan.news,
        certain=plan.certain,
    )
    leave_out(connection, "closing_lost", {*turns.people} - turns.lost)
    missing = [person for _, person in bulk.select(connection, _MISSING, sorted(turns.lost))]
    lost = count(connection, "SELECT count(*) FROM closing_lost", {})
    return msgspec.structs.replace(
        plan,
        newcomers=plan.newcomers + turns.new,
        returned=plan.returned + turns.returned,
        lost=lost + len(turns.lost.difference(missing)),
    )


_MISSING = "SELECT edge_id, person_id FROM closing_lost WHERE person_id IN ANY ?"


def _hidden(connection: Connection, facts: Mapping[str, Any], turns: follow_closing.Turns) -> int:
    """Find the open edges that the list does not show and does not end either; count them."""
    execute(connection, f"CREATE TEMPORARY TABLE closing_hidden AS {_HIDDEN}", facts)
    leave_out(connection, "closing_hidden", turns.people)
    found = count(connection, "SELECT count(*) FROM closing_hidden", {})
    return found + len(turns.hidden)


def leave_out(connection: Connection, table: str, people: Collection[int]) -> None:
    """Let a temporary table be silent about people."""
    if people:
        bulk.run(connection, f"DELETE FROM {table} WHERE person_id IN ANY ?", list(people))


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


def drop(connection: Connection) -> None:
    """Drop the temporary tables, if they are there."""
    for table in ("closing_lost", "closing_new", "closing_hidden"):
        execute(connection, f"DROP TABLE IF EXISTS {table}", {})


def _any_entry(connection: Connection, known: Known) -> bool:
    found = execute(
        connection,
        "SELECT 1 FROM listing_entries WHERE listing_id = :listing LIMIT 1",
        {"listing": known.id},
    )
    return found.first() is not None


_HIDDEN = f"""
    SELECT e.person_id {OPEN_EDGES} AND NOT {seen_in("listing")}
    AND NOT (e.opened_by IS NULL AND e.confirmed_by IS NULL)
    AND e.id NOT IN (SELECT edge_id FROM closing_lost)"""
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
