"""Create the tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _accounts()
    _payload_bodies()
    _persons()
    _schedules()
    _runs()
    _due_times()
    _leases()
    _streams()
    _cursors()
    _listings()
    _payloads()
    _follow_edges()
    _follow_events()
    _interactions()
    _listing_checks()
    _listing_entries()
    _listing_pages()


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", ID, primary_key=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("sign_in_attempted_at", MOMENT, nullable=True),
        sa.Column("signed_in_at", MOMENT, nullable=True),
        sa.Column("connected_by", sa.String(), nullable=True),
        sa.Column("connected_at", MOMENT, nullable=True),
        sa.Column("proved_at", MOMENT, nullable=True),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("lost_at", MOMENT, nullable=True),
        sa.Column("lifetime", sa.Float(), nullable=True),
        sa.Column("waiting_for", sa.String(), nullable=True),
        sa.Column("waiting_since", MOMENT, nullable=True),
        sa.Column("waiting_at", sa.String(), nullable=True),
        sa.UniqueConstraint("name"),
    )


def _payload_bodies() -> None:
    op.create_table(
        "payload_bodies",
        sa.Column("sha256", sa.String(), primary_key=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
    )


def _persons() -> None:
    op.create_table(
        "persons",
        sa.Column("id", ID, primary_key=True),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("first_seen", MOMENT, nullable=False),
        sa.Column("last_seen", MOMENT, nullable=False),
        sa.UniqueConstraint("site", "username"),
    )


def _schedules() -> None:
    op.create_table(
        "schedules",
        sa.Column("id", ID, primary_key=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("paused_at", MOMENT, nullable=True),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("decided_until", MOMENT, nullable=False),
        sa.UniqueConstraint("name"),
    )


def _due_times() -> None:
    op.create_table(
        "due_times",
        sa.Column("schedule_id", ID, sa.ForeignKey("schedules.id"), primary_key=True),
        sa.Column("due_at", MOMENT, primary_key=True),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("run_id", ID, sa.ForeignKey("runs.id"), nullable=True),
    )


def _leases() -> None:
    op.create_table(
        "leases",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("term", sa.Integer(), nullable=False),
        sa.Column("taken_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
    )


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("collector", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=True),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("schedule_id", ID, sa.ForeignKey("schedules.id"), nullable=True),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("not_before", MOMENT, nullable=True),
        sa.Column("deadline", sa.Float(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("stop", sa.String(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("requested_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("active_at", MOMENT, nullable=True),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("leads", sa.String(), nullable=True),
        sa.Column("signed_in", sa.Boolean(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("lost", sa.Integer(), nullable=False),
        sa.Column("returned", sa.Integer(), nullable=False),
        sa.Column("errors", sa.JSON(), nullable=False),
        sa.Column("artefacts", sa.JSON(), nullable=False),
        sa.Column("layout", sa.JSON(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
    )
    op.create_index("ix_runs_account_collector", "runs", ["account_id", "collector", "id"])
    op.create_index("ix_runs_status", "runs", ["status", "id"])
    op.create_index("ix_runs_schedule", "runs", ["schedule_id", "id"])


def _streams() -> None:
    op.create_table(
        "streams",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("room", sa.String(), nullable=False),
        sa.UniqueConstraint("account_id", "source", "room"),
    )


def _cursors() -> None:
    op.create_table(
        "cursors",
        sa.Column("account_id", ID, sa.ForeignKey("accounts.id"), primary_key=True),
        sa.Column("collector", sa.String(), primary_key=True),
        sa.Column("target", sa.String(), primary_key=True),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("run_id", ID, sa.ForeignKey("runs.id"), nullable=False),
    )


def _listings() -> None:
    op.create_table(
        "listings",
        sa.Column("id", ID, primary_key=True),
        sa.Column("run_id", ID, sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("look", sa.Integer(), nullable=False),
        sa.Column("account_id", ID, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("baseline", sa.Boolean(), nullable=False),
        sa.Column("as_of", MOMENT, nullable=True),
        sa.Column("declared", sa.Integer(), nullable=True),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("withheld", sa.Integer(), nullable=False),
        sa.Column("unnamed", sa.Integer(), nullable=False),
        sa.Column("end_proof", sa.String(), nullable=True),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("lost", sa.Integer(), nullable=False),
        sa.Column("returned", sa.Integer(), nullable=False),
        sa.UniqueConstraint("run_id", "look"),
    )
    op.create_index("ix_listings_account", "listings", ["account_id", "direction", "id"])


def _payloads() -> None:
    op.create_table(
        "payloads",
        sa.Column("id", ID, primary_key=True),
        sa.Column("run_id", ID, sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), sa.ForeignKey("payload_bodies.sha256"), nullable=False),
        sa.Column("fetched_at", MOMENT, nullable=False),
    )
    op.create_index("ix_payloads_kind", "payloads", ["kind", "id"])
    op.create_index("ix_payloads_run_id", "payloads", ["run_id"])


def _follow_edges() -> None:
    op.create_table(
        "follow_edges",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("person_id", ID, sa.ForeignKey("persons.id"), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("since_known", sa.Boolean(), nullable=False),
        sa.Column("ended", MOMENT, nullable=True),
        sa.Column("opened_by", ID, sa.ForeignKey("listings.id"), nullable=False),
        sa.Column("closed_by", ID, sa.ForeignKey("listings.id"), nullable=True),
    )
    op.create_index("ix_follow_edges_closed_by", "follow_edges", ["closed_by"])
    op.create_index(
        "ix_follow_edges_open",
        "follow_edges",
        ["account_id", "direction", "person_id"],
        unique=True,
        sqlite_where=sa.text("ended IS NULL"),
        postgresql_where=sa.text("ended IS NULL"),
    )
    op.create_index("ix_follow_edges_opened_by", "follow_edges", ["opened_by"])
    op.create_index(
        "ix_follow_edges_person", "follow_edges", ["person_id", "account_id", "direction"]
    )


def _follow_events() -> None:
    op.create_table(
        "follow_events",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("person_id", ID, sa.ForeignKey("persons.id"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("listing_id", ID, sa.ForeignKey("listings.id"), nullable=False),
        sa.Column("certain", sa.Boolean(), nullable=False),
        sa.Column("returned", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_follow_events_account", "follow_events", ["account_id", "direction", "at"])
    op.create_index("ix_follow_events_listing", "follow_events", ["listing_id"])


def _interactions() -> None:
    op.create_table(
        "interactions",
        sa.Column("id", ID, primary_key=True),
        sa.Column("stream_id", ID, sa.ForeignKey("streams.id"), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("person_id", ID, sa.ForeignKey("persons.id"), nullable=True),
        sa.Column("tokens", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("payload_id", ID, sa.ForeignKey("payloads.id"), nullable=False),
        sa.UniqueConstraint("stream_id", "key"),
    )
    op.create_index("ix_interactions_at", "interactions", ["stream_id", "at"])
    op.create_index("ix_interactions_person", "interactions", ["person_id", "at"])


def _listing_checks() -> None:
    op.create_table(
        "listing_checks",
        sa.Column("id", ID, primary_key=True),
        sa.Column("listing_id", ID, sa.ForeignKey("listings.id"), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("moment", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.UniqueConstraint("listing_id", "source", "moment"),
    )


def _listing_entries() -> None:
    op.create_table(
        "listing_entries",
        sa.Column("listing_id", ID, sa.ForeignKey("listings.id"), primary_key=True),
        sa.Column("person_id", ID, sa.ForeignKey("persons.id"), primary_key=True),
        sa.Column("part", sa.String(), primary_key=True),
        sqlite_with_rowid=False,
    )


def _listing_pages() -> None:
    op.create_table(
        "listing_pages",
        sa.Column("listing_id", ID, sa.ForeignKey("listings.id"), primary_key=True),
        sa.Column("part", sa.String(), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column("payload_id", ID, sa.ForeignKey("payloads.id"), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("fresh", sa.Integer(), nullable=False),
        sa.Column("declared", sa.Integer(), nullable=True),
        sa.Column("ends", sa.String(), nullable=True),
    )
