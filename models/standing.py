"""Listings as they stand in their table: find, note, supersede, forget their entries."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, text, update

from models import closing, listing, tables
from models.moment import Moment

_COLUMNS = "id, run_id, look, account_id, direction, state, begun, as_of, seen, withheld, unnamed"
_SAME_LIST = "account_id = :account AND direction = :direction"

PROVED = frozenset({"complete", "held", "superseded", "discarded", "undone"})
"""States of a list that was proved complete, whatever became of it then."""


class NotPossible(Exception):
    """A listing cannot be confirmed, discarded or undone; the message says why."""


def known(connection: Connection, listing_id: int) -> closing.Known:
    """Return a listing by its id."""
    found = _find(connection, "id = :listing", {"listing": listing_id})
    assert found is not None  # noqa: S101 - ids come from our own rows
    return found


def of_run(connection: Connection, run_id: int, look: int = 1) -> closing.Known | None:
    """Return the listing that a run walked at its first or second look."""
    return _find(connection, "run_id = :run AND look = :look", {"run": run_id, "look": look})


def applied(connection: Connection, this: closing.Known) -> closing.Known | None:
    """Return the newest applied listing of the same account and direction."""
    where = f"{_SAME_LIST} AND state = 'complete' ORDER BY as_of DESC, id DESC LIMIT 1"
    return _find(connection, where, closing.scope(this))


def before(connection: Connection, this: closing.Known, *states: str) -> closing.Known | None:
    """Return the newest earlier first look at the same list that is in one of the states."""
    names = ", ".join(f"'{state}'" for state in states)
    where = f"{_SAME_LIST} AND id < :listing AND look = 1 AND state IN ({names})"
    return _find(connection, f"{where} ORDER BY id DESC LIMIT 1", closing.scope(this))


def seen(connection: Connection, listing_id: int) -> int:
    """Count the distinct people among a listing's entries."""
    return closing.count(
        connection,
        "SELECT count(*) FROM (SELECT DISTINCT person_id FROM listing_entries"
        " WHERE listing_id = :listing) people",
        {"listing": listing_id},
    )


def gone(connection: Connection, listing_id: int, later: int) -> int:
    """Count the people whom a listing shows and a later one does not."""
    return closing.count(
        connection,
        "SELECT count(DISTINCT a.person_id) FROM listing_entries a WHERE a.listing_id = :listing"
        " AND NOT EXISTS (SELECT 1 FROM listing_entries b"
        " WHERE b.listing_id = :later AND b.person_id = a.person_id)",
        {"listing": listing_id, "later": later},
    )


def note(
    connection: Connection,
    listing_id: int,
    state: str,
    reasons: tuple[str, ...],
    verdict: listing.Verdict,
    as_of: datetime | None = None,
) -> None:
    """Write down what a listing has shown and what it is now."""
    change(
        connection,
        listing_id,
        state=state,
        reasons=list(reasons),
        as_of=as_of,
        declared=verdict.declared,
        seen=verdict.seen,
        end_proof=verdict.end_proof,
        withheld=0 if verdict.reasons else verdict.withheld,
    )


def note_begin(connection: Connection, listing_id: int) -> None:
    """Note when the first page of a walk was read, whichever look it was of."""
    closing.execute(
        connection,
        "UPDATE listings SET begun = (SELECT min(p.fetched_at) FROM listing_pages g"
        " JOIN listings l ON l.id = g.listing_id JOIN payloads p ON p.id = g.payload_id"
        " WHERE l.run_id = listings.run_id) WHERE id = :listing",
        {"listing": listing_id},
    )


def change(connection: Connection, listing_id: int, **values: Any) -> None:
    """Set columns of a listing."""
    table = tables.Listing.__table__  # type: ignore[attr-defined]  # sqlmodel hides it from mypy
    connection.execute(update(table).where(table.c.id == listing_id).values(**values))


def supersede(connection: Connection, this: closing.Known) -> None:
    """Let a list that counts take the place of any held one before it."""
    closing.execute(
        connection,
        f"UPDATE listings SET state = 'superseded' WHERE {_SAME_LIST}"
        " AND state = 'held' AND id <> :listing",
        closing.scope(this),
    )


def forget(connection: Connection, this: closing.Known, keep: int | None) -> None:
    """Delete the entries that no later decision needs: all but `keep` and held or open lists.

    A list that withholds people keeps its entries until another one is applied.
    """
    closing.execute(
        connection,
        f"""
        DELETE FROM listing_entries WHERE listing_id IN (
            SELECT id FROM listings WHERE {_SAME_LIST} AND id <> :keep AND (
                id = :listing OR run_id = :run
                OR state IN ('partial', 'discarded', 'superseded', 'undone')
                OR (state = 'complete' AND (withheld = 0 OR :applied = 1))))""",
        closing.scope(this) | {"keep": keep or 0, "run": this.run_id, "applied": int(keep is None)},
    )


def _find(connection: Connection, where: str, facts: Mapping[str, Any]) -> closing.Known | None:
    sql = text(f"SELECT {_COLUMNS} FROM listings WHERE {where}")
    row = (
        connection.execute(sql.columns(begun=Moment, as_of=Moment), dict(facts)).mappings().first()
    )
    return closing.Known(**row) if row else None


def pages_without_news(connection: Connection, listing_id: int, part: str) -> int:
    """Count how many of the latest pages of a part, back from its last one, showed nobody new."""
    sql = text(
        "SELECT count(*) FROM listing_pages WHERE listing_id = :listing AND part = :part"
        " AND position > coalesce((SELECT max(position) FROM listing_pages"
        " WHERE listing_id = :listing AND part = :part AND fresh > 0), -1)"
    )
    facts = {"listing": listing_id, "part": part}
    return int(connection.execute(sql, facts).scalar_one())


def start(connection: Connection, run_id: int, account_id: int, direction: str, look: int) -> int:
    """Open a listing for a run's first or second look at a list; return its id.

    Lists that earlier runs of the same errand left open are closed as `partial`.
    """
    facts = {"run": run_id, "account": account_id, "direction": direction, "look": look}
    connection.execute(
        text(
            f"UPDATE listings SET state = 'partial', withheld = 0 WHERE {_SAME_LIST}"
            " AND state = 'open' AND run_id <> :run"
        ),
        facts,
    )
    table = tables.Listing.__table__  # type: ignore[attr-defined]  # sqlmodel hides it from mypy
    values: dict[str, Any] = {
        "run_id": run_id,
        "account_id": account_id,
        "direction": direction,
        "look": look,
        "state": "open" if look == 1 else "second_look",
        "reasons": [],
        "baseline": False,
        **dict.fromkeys(("seen", "withheld", "unnamed", "new", "lost", "returned"), 0),
    }
    return int(connection.execute(insert(table).values(values).returning(table.c.id)).scalar_one())


def declare(connection: Connection, listing_id: int, source: str, total: int) -> None:
    """Note a total of the list that no page states."""
    connection.execute(
        text(
            "INSERT INTO listing_checks (listing_id, source, moment, value)"
            " VALUES (:listing, :source, 'stated', :total)"
        ),
        {"listing": listing_id, "source": source, "total": str(total)},
    )


def restart(connection: Connection, run_id: int) -> None:
    """Forget all that a run's looks have shown: it starts over."""
    for name in ("listing_entries", "listing_pages", "listing_checks"):
        connection.execute(
            text(
                f"DELETE FROM {name} WHERE listing_id IN"
                " (SELECT id FROM listings WHERE run_id = :run)"
            ),
            {"run": run_id},
        )
    connection.execute(
        text("DELETE FROM listings WHERE run_id = :run AND look > 1"), {"run": run_id}
    )
    connection.execute(
        text("UPDATE listings SET state = 'open', withheld = 0 WHERE run_id = :run"),
        {"run": run_id},
    )


def last_read(connection: Connection, run_id: int) -> datetime | None:
    """Return when the newest page of a run was read."""
    sql = text("SELECT max(fetched_at) AS at FROM payloads WHERE run_id = :run")
    read: datetime | None = connection.execute(sql.columns(at=Moment), {"run": run_id}).scalar()
    return read


def newest_complete(connection: Connection, account: str, direction: str) -> datetime | None:
    """Return as of when an account's newest applied list of a direction is."""
    sql = text(
        "SELECT max(l.as_of) AS at FROM listings l JOIN accounts a ON a.id = l.account_id"
        " WHERE a.name = :account AND l.direction = :direction AND l.state = 'complete'"
    )
    named = {"account": account, "direction": direction}
    newest: datetime | None = connection.execute(sql.columns(at=Moment), named).scalar()
    return newest


def facts(connection: Connection, run_id: int) -> Mapping[str, Any] | None:
    """Return what a run claims about its list: complete, declared, seen, end_proof, reasons."""
    table = tables.Listing.__table__  # type: ignore[attr-defined]  # sqlmodel hides it from mypy
    row = (
        connection.execute(select(table).where(table.c.run_id == run_id, table.c.look == 1))
        .mappings()
        .first()
    )
    if row is None:
        return None
    names = ("declared", "seen", "end_proof", "reasons")
    return {name: row[name] for name in names} | {"complete": row["state"] in PROVED}
