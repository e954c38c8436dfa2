"""Keep what Statbate Premium states of models, members, rooms and tags."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _snapshots()
    _of_models()
    _of_members()
    _of_tags()


def _snapshots() -> None:
    op.create_table(
        "statbate_models",
        *_snapshot(),
        sa.Column("gender", sa.String(), nullable=True),
        sa.Column("rank", sa.BigInteger(), nullable=True),
        sa.Column("since", MOMENT, nullable=True),
        sa.Column("until", MOMENT, nullable=True),
        sa.Column("sessions", sa.BigInteger(), nullable=True),
        sa.Column("minutes", sa.Float(), nullable=True),
        sa.Column("average_minutes", sa.Float(), nullable=True),
        sa.Column("tokens", sa.BigInteger(), nullable=True),
        sa.Column("usd", sa.Float(), nullable=True),
        sa.Column("tags", sa.String(), nullable=True),
        sa.Column("tag_categories", sa.String(), nullable=True),
        sa.UniqueConstraint("person_id", "at"),
    )
    op.create_table(
        "statbate_members",
        *_snapshot(),
        sa.Column("first_message_at", MOMENT, nullable=True),
        sa.Column("first_tip_at", MOMENT, nullable=True),
        sa.Column("last_tip_at", MOMENT, nullable=True),
        sa.Column("last_tip_tokens", sa.BigInteger(), nullable=True),
        sa.Column("all_time_tokens", sa.BigInteger(), nullable=True),
        sa.Column("models_messaged", sa.BigInteger(), nullable=True),
        sa.Column("models_messaged_names", sa.String(), nullable=True),
        sa.Column("models_tipped", sa.BigInteger(), nullable=True),
        sa.Column("models_tipped_names", sa.String(), nullable=True),
        sa.UniqueConstraint("person_id", "at"),
    )
    op.create_table(
        "statbate_online",
        *_snapshot(),
        sa.Column("did", sa.BigInteger(), nullable=True),
        sa.Column("gender", sa.String(), nullable=True),
        sa.Column("online", sa.Boolean(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("total_tokens", sa.BigInteger(), nullable=True),
        sa.Column("total_usd", sa.Float(), nullable=True),
        sa.Column("tips", sa.BigInteger(), nullable=True),
        sa.Column("avg_tokens", sa.Float(), nullable=True),
        sa.Column("avg_usd", sa.Float(), nullable=True),
        sa.Column("models", sa.BigInteger(), nullable=True),
        sa.Column("daily_tokens", sa.BigInteger(), nullable=True),
        sa.Column("daily_usd", sa.Float(), nullable=True),
        sa.Column("hour_tokens", sa.BigInteger(), nullable=True),
        sa.Column("hour_usd", sa.Float(), nullable=True),
        sa.Column("day_tokens", sa.BigInteger(), nullable=True),
        sa.Column("day_usd", sa.Float(), nullable=True),
        sa.Column("week_tokens", sa.BigInteger(), nullable=True),
        sa.Column("week_usd", sa.Float(), nullable=True),
        sa.Column("is_favorite", sa.Boolean(), nullable=True),
        sa.UniqueConstraint("person_id", "at"),
    )
    op.create_table(
        "statbate_presences",
        *_snapshot(),
        sa.Column("room", sa.String(), nullable=False),
        sa.UniqueConstraint("person_id", "at"),
    )


def _of_models() -> None:
    op.create_table(
        "statbate_model_ranking",
        _person(),
        *_origin(),
        sa.Column("since", MOMENT, primary_key=True),
        sa.Column("until", MOMENT, primary_key=True),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("rid", sa.BigInteger(), nullable=True),
        sa.Column("gender", sa.String(), nullable=True),
        sa.Column("online", sa.Boolean(), nullable=True),
        sa.Column("total_tokens", sa.BigInteger(), nullable=True),
        sa.Column("total_usd", sa.Float(), nullable=True),
        sa.Column("hourly_tokens", sa.BigInteger(), nullable=True),
        sa.Column("hourly_usd", sa.Float(), nullable=True),
        sa.Column("daily_tokens", sa.BigInteger(), nullable=True),
        sa.Column("daily_usd", sa.Float(), nullable=True),
        sa.Column("hours", sa.Float(), nullable=True),
        sa.Column("tippers", sa.BigInteger(), nullable=True),
    )
    op.create_table(
        "statbate_broadcasts",
        _person(),
        *_origin(),
        sa.Column("started", MOMENT, primary_key=True),
        sa.Column("ended", MOMENT, nullable=True),
        sa.Column("minutes", sa.Float(), nullable=True),
    )
    op.create_table(
        "statbate_sessions",
        _person(),
        *_origin(),
        sa.Column("started", MOMENT, primary_key=True),
        sa.Column("gap_hours", sa.BigInteger(), primary_key=True),
        sa.Column("ended", MOMENT, nullable=True),
        sa.Column("hours", sa.Float(), nullable=True),
        sa.Column("tips", sa.BigInteger(), nullable=True),
        sa.Column("tippers", sa.BigInteger(), nullable=True),
        sa.Column("usd_per_hour", sa.Float(), nullable=True),
        sa.Column("usd", sa.Float(), nullable=True),
    )
    op.create_table(
        "statbate_activity",
        _person(),
        *_origin(),
        sa.Column("since", MOMENT, primary_key=True),
        sa.Column("until", MOMENT, primary_key=True),
        sa.Column("sessions", sa.BigInteger(), nullable=True),
        sa.Column("public_sessions", sa.BigInteger(), nullable=True),
        sa.Column("minutes", sa.Float(), nullable=True),
        sa.Column("average_minutes", sa.Float(), nullable=True),
    )
    op.create_table(
        "statbate_audience",
        _person(),
        *_origin(),
        sa.Column("since", MOMENT, primary_key=True),
        sa.Column("until", MOMENT, primary_key=True),
        sa.Column("members", sa.BigInteger(), nullable=True),
        sa.Column("new_members", sa.BigInteger(), nullable=True),
        sa.Column("returning_members", sa.BigInteger(), nullable=True),
        sa.Column("tokens", sa.BigInteger(), nullable=True),
        sa.Column("usd", sa.Float(), nullable=True),
        sa.Column("average_tokens", sa.Float(), nullable=True),
        sa.Column("average_usd", sa.Float(), nullable=True),
    )
    op.create_table(
        "statbate_audience_brackets",
        _person(),
        *_origin(),
        sa.Column("since", MOMENT, primary_key=True),
        sa.Column("until", MOMENT, primary_key=True),
        sa.Column("bracket", sa.String(), primary_key=True),
        sa.Column("members", sa.BigInteger(), nullable=True),
    )
    op.create_table(
        "statbate_standing",
        _person(),
        *_origin(),
        sa.Column("since", MOMENT, primary_key=True),
        sa.Column("until", MOMENT, primary_key=True),
        sa.Column("first_rank", sa.BigInteger(), nullable=True),
        sa.Column("last_rank", sa.BigInteger(), nullable=True),
        sa.Column("best_rank", sa.BigInteger(), nullable=True),
        sa.Column("worst_rank", sa.BigInteger(), nullable=True),
        sa.Column("rank_change", sa.BigInteger(), nullable=True),
        sa.Column("rank_change_percent", sa.Float(), nullable=True),
        sa.Column("trend", sa.String(), nullable=True),
        sa.Column("tokens", sa.BigInteger(), nullable=True),
        sa.Column("usd", sa.Float(), nullable=True),
    )
    op.create_table(
        "statbate_room_days",
        _person(),
        *_origin(),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("rank", sa.BigInteger(), nullable=True),
        sa.Column("tokens", sa.BigInteger(), nullable=True),
    )


def _of_members() -> None:
    op.create_table(
        "statbate_member_days",
        _person(),
        *_origin(),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("tokens", sa.BigInteger(), nullable=True),
    )
    op.create_table(
        "statbate_member_ranking",
        _person(),
        *_origin(),
        sa.Column("since", MOMENT, primary_key=True),
        sa.Column("until", MOMENT, primary_key=True),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("did", sa.BigInteger(), nullable=True),
        sa.Column("total_tokens", sa.BigInteger(), nullable=True),
        sa.Column("total_usd", sa.Float(), nullable=True),
        sa.Column("tips", sa.BigInteger(), nullable=True),
        sa.Column("avg_tokens", sa.Float(), nullable=True),
        sa.Column("avg_usd", sa.Float(), nullable=True),
        sa.Column("models", sa.BigInteger(), nullable=True),
        sa.Column("daily_tokens", sa.BigInteger(), nullable=True),
        sa.Column("daily_usd", sa.Float(), nullable=True),
    )
    op.create_table(
        "statbate_spending",
        _person(),
        *_origin(),
        sa.Column("model", sa.String(), primary_key=True),
        sa.Column("since", MOMENT, primary_key=True),
        sa.Column("until", MOMENT, primary_key=True),
        sa.Column("tokens", sa.BigInteger(), nullable=True),
        sa.Column("usd", sa.Float(), nullable=True),
        sa.Column("tips", sa.BigInteger(), nullable=True),
    )
    op.create_table(
        "statbate_spending_days",
        _person(),
        *_origin(),
        sa.Column("model", sa.String(), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("tokens", sa.BigInteger(), nullable=True),
        sa.Column("usd", sa.Float(), nullable=True),
        sa.Column("tips", sa.BigInteger(), nullable=True),
    )
    op.create_table(
        "statbate_top_models",
        _person(),
        *_origin(),
        sa.Column("model", sa.String(), primary_key=True),
        sa.Column("since", MOMENT, primary_key=True),
        sa.Column("until", MOMENT, primary_key=True),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("gender", sa.String(), nullable=True),
        sa.Column("tokens", sa.BigInteger(), nullable=True),
        sa.Column("usd", sa.Float(), nullable=True),
        sa.Column("days", sa.BigInteger(), nullable=True),
        sa.Column("daily_tokens", sa.BigInteger(), nullable=True),
        sa.Column("daily_usd", sa.Float(), nullable=True),
    )
    op.create_table(
        "statbate_member_tags",
        _person(),
        *_origin(),
        sa.Column("tag", sa.String(), primary_key=True),
        sa.Column("since", MOMENT, primary_key=True),
        sa.Column("until", MOMENT, primary_key=True),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("models", sa.BigInteger(), nullable=True),
        sa.Column("tokens", sa.BigInteger(), nullable=True),
        sa.Column("usd", sa.Float(), nullable=True),
    )
    op.create_table(
        "statbate_member_times",
        _person(),
        *_origin(),
        sa.Column("since", MOMENT, primary_key=True),
        sa.Column("until", MOMENT, primary_key=True),
        sa.Column("unit", sa.String(), primary_key=True),
        sa.Column("slot", sa.BigInteger(), primary_key=True),
        sa.Column("tips", sa.BigInteger(), nullable=True),
        sa.Column("tokens", sa.BigInteger(), nullable=True),
        sa.Column("usd", sa.Float(), nullable=True),
    )
    op.create_table(
        "statbate_room_members",
        _person(),
        *_origin(),
        sa.Column("room", sa.String(), primary_key=True),
        sa.Column("since", MOMENT, primary_key=True),
        sa.Column("until", MOMENT, primary_key=True),
        sa.Column("tokens", sa.BigInteger(), nullable=True),
        sa.Column("usd", sa.Float(), nullable=True),
        sa.Column("tips", sa.BigInteger(), nullable=True),
        sa.Column("first_tip_at", MOMENT, nullable=True),
        sa.Column("last_tip_at", MOMENT, nullable=True),
    )


def _of_tags() -> None:
    op.create_table(
        "statbate_tags",
        sa.Column("platform", sa.String(), primary_key=True),
        *_origin(),
        sa.Column("tag", sa.String(), primary_key=True),
        sa.Column("since", MOMENT, primary_key=True),
        sa.Column("until", MOMENT, primary_key=True),
        sa.Column("models", sa.BigInteger(), nullable=True),
        sa.Column("tokens", sa.BigInteger(), nullable=True),
        sa.Column("usd", sa.Float(), nullable=True),
    )
    op.create_table(
        "statbate_tag_names",
        sa.Column("platform", sa.String(), primary_key=True),
        *_origin(),
        sa.Column("tag", sa.String(), primary_key=True),
        sa.Column("value", sa.String(), nullable=True),
        sa.Column("models", sa.BigInteger(), nullable=True),
    )


def _snapshot() -> tuple[sa.Column[object], ...]:
    """The columns that every table of snapshots has."""
    return (
        sa.Column("id", ID, primary_key=True),
        sa.Column("person_id", ID, sa.ForeignKey("persons.id"), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("confirmed_at", MOMENT, nullable=False),
        sa.Column("run_id", ID, sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("payload_id", ID, sa.ForeignKey("payloads.id"), nullable=False),
    )


def _person() -> sa.Column[object]:
    """Whom a row is about."""
    return sa.Column("person_id", ID, sa.ForeignKey("persons.id"), primary_key=True)


def _origin() -> tuple[sa.Column[object], ...]:
    """The columns that every table of entries has."""
    return (
        sa.Column("read_at", MOMENT, nullable=False),
        sa.Column("run_id", ID, sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("payload_id", ID, sa.ForeignKey("payloads.id"), nullable=False),
    )
