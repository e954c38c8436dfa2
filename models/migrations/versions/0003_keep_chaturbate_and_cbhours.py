"""Keep what Chaturbate itself and CBHours say of people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "broadcaster_stats",
        *_snapshot(),
        sa.Column("show", sa.String(), nullable=True),
        sa.Column("last_broadcast", sa.String(), nullable=True),
        sa.Column("never_broadcast", sa.Boolean(), nullable=True),
        sa.Column("minutes_online", sa.BigInteger(), nullable=True),
        sa.Column("viewers", sa.BigInteger(), nullable=True),
        sa.Column("registered_viewers", sa.BigInteger(), nullable=True),
        sa.Column("tokened_viewers", sa.BigInteger(), nullable=True),
        sa.Column("followers", sa.BigInteger(), nullable=True),
        sa.Column("token_balance", sa.BigInteger(), nullable=True),
        sa.Column("tips_last_hour", sa.BigInteger(), nullable=True),
        sa.Column("votes_up", sa.BigInteger(), nullable=True),
        sa.Column("votes_down", sa.BigInteger(), nullable=True),
        sa.Column("satisfaction", sa.Float(), nullable=True),
        sa.UniqueConstraint("person_id", "at"),
    )
    _rooms()
    _profiles()
    op.create_table(
        "images",
        *_snapshot(),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=True),
        sa.Column("placeholder", sa.Boolean(), nullable=False),
        sa.UniqueConstraint("person_id", "at"),
    )
    _cbhours()


def _rooms() -> None:
    op.create_table(
        "room_snapshots",
        *_snapshot(),
        sa.Column("gender", sa.String(), nullable=True),
        sa.Column("age", sa.BigInteger(), nullable=True),
        sa.Column("show", sa.String(), nullable=True),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("viewers", sa.BigInteger(), nullable=True),
        sa.Column("following", sa.Boolean(), nullable=True),
        sa.Column("is_age_verified", sa.Boolean(), nullable=True),
        sa.Column("is_mobile", sa.Boolean(), nullable=True),
        sa.Column("has_fanclub", sa.Boolean(), nullable=True),
        sa.Column("allows_private", sa.Boolean(), nullable=True),
        sa.Column("private_price", sa.BigInteger(), nullable=True),
        sa.Column("private_minutes", sa.BigInteger(), nullable=True),
        sa.Column("spy_price", sa.BigInteger(), nullable=True),
        sa.Column("satisfaction", sa.BigInteger(), nullable=True),
        sa.Column("votes_up", sa.BigInteger(), nullable=True),
        sa.Column("votes_down", sa.BigInteger(), nullable=True),
        sa.UniqueConstraint("person_id", "at"),
    )


def _profiles() -> None:
    op.create_table(
        "profile_snapshots",
        *_snapshot(),
        sa.Column("gender", sa.String(), nullable=True),
        sa.Column("age", sa.BigInteger(), nullable=True),
        sa.Column("birthday", sa.String(), nullable=True),
        sa.Column("location", sa.String(), nullable=True),
        sa.Column("languages", sa.String(), nullable=True),
        sa.Column("followers", sa.BigInteger(), nullable=True),
        sa.Column("last_broadcast", sa.String(), nullable=True),
        sa.Column("show", sa.String(), nullable=True),
        sa.Column("real_name", sa.String(), nullable=True),
        sa.Column("subgender", sa.String(), nullable=True),
        sa.Column("body_type", sa.String(), nullable=True),
        sa.Column("body_decorations", sa.String(), nullable=True),
        sa.Column("smoke_drink", sa.String(), nullable=True),
        sa.Column("interested_in", sa.String(), nullable=True),
        sa.Column("about_me", sa.String(), nullable=True),
        sa.Column("wish_list", sa.String(), nullable=True),
        sa.Column("has_fanclub", sa.Boolean(), nullable=True),
        sa.Column("fan_club_cost", sa.BigInteger(), nullable=True),
        sa.Column("photo_sets", sa.BigInteger(), nullable=True),
        sa.Column("social_medias", sa.String(), nullable=True),
        sa.UniqueConstraint("person_id", "at"),
    )


def _cbhours() -> None:
    op.create_table(
        "cbhours_live_stats",
        *_snapshot(),
        sa.Column("show", sa.String(), nullable=True),
        sa.Column("gender", sa.String(), nullable=True),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("tags", sa.String(), nullable=True),
        sa.Column("viewers", sa.BigInteger(), nullable=True),
        sa.Column("followers", sa.BigInteger(), nullable=True),
        sa.Column("rank", sa.BigInteger(), nullable=True),
        sa.Column("gender_rank", sa.BigInteger(), nullable=True),
        sa.Column("is_new", sa.Boolean(), nullable=True),
        sa.UniqueConstraint("person_id", "at"),
    )
    op.create_table(
        "cbhours_activity",
        *_entry(),
        sa.Column("at", MOMENT, primary_key=True),
        sa.Column("show", sa.String(), nullable=True),
        sa.Column("gender", sa.String(), nullable=True),
        sa.Column("viewers", sa.BigInteger(), nullable=True),
        sa.Column("followers", sa.BigInteger(), nullable=True),
        sa.Column("rank", sa.BigInteger(), nullable=True),
        sa.Column("gender_rank", sa.BigInteger(), nullable=True),
    )
    op.create_table(
        "cbhours_days",
        *_entry(),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
    )
    op.create_table("cbhours_months", *_entry(), sa.Column("month", sa.Date(), primary_key=True))


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


def _entry() -> tuple[sa.Column[object], ...]:
    """The columns that every table of entries about people has."""
    return (
        sa.Column("person_id", ID, sa.ForeignKey("persons.id"), primary_key=True),
        sa.Column("read_at", MOMENT, nullable=False),
        sa.Column("run_id", ID, sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("payload_id", ID, sa.ForeignKey("payloads.id"), nullable=False),
    )
