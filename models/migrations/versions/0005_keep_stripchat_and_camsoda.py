"""Keep what Stripchat and Camsoda state of people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "stripchat_snapshots",
        *_snapshot(),
        sa.Column("gender", sa.String(), nullable=True),
        sa.Column("country", sa.String(), nullable=True),
        sa.Column("languages", sa.String(), nullable=True),
        sa.Column("show", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=True),
        sa.Column("status_since", MOMENT, nullable=True),
        sa.Column("is_online", sa.Boolean(), nullable=True),
        sa.Column("is_live", sa.Boolean(), nullable=True),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("viewers", sa.BigInteger(), nullable=True),
        sa.Column("followers", sa.BigInteger(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("image_url", sa.String(), nullable=True),
        sa.Column("private_price", sa.BigInteger(), nullable=True),
        sa.Column("exclusive_price", sa.BigInteger(), nullable=True),
        sa.Column("spy_price", sa.BigInteger(), nullable=True),
        sa.Column("group_price", sa.BigInteger(), nullable=True),
        sa.Column("ticket_price", sa.BigInteger(), nullable=True),
        sa.Column("goal", sa.String(), nullable=True),
        sa.Column("goal_tokens", sa.BigInteger(), nullable=True),
        sa.Column("goal_spent", sa.BigInteger(), nullable=True),
        sa.UniqueConstraint("person_id", "at"),
    )
    op.create_table(
        "stripchat_live_snapshots",
        *_snapshot(),
        sa.Column("show", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=True),
        sa.Column("is_online", sa.Boolean(), nullable=True),
        sa.Column("is_live", sa.Boolean(), nullable=True),
        sa.Column("viewers", sa.BigInteger(), nullable=True),
        sa.Column("image_url", sa.String(), nullable=True),
        sa.UniqueConstraint("person_id", "at"),
    )
    op.create_table(
        "stripchat_payers",
        sa.Column("person_id", ID, sa.ForeignKey("persons.id"), primary_key=True),
        sa.Column("read_at", MOMENT, nullable=False),
        sa.Column("run_id", ID, sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("payload_id", ID, sa.ForeignKey("payloads.id"), nullable=False),
        sa.Column("room", sa.String(), primary_key=True),
        sa.Column("total_tokens", sa.BigInteger(), nullable=True),
        sa.Column("last_paid", MOMENT, nullable=True),
        sa.Column("public_tip", sa.BigInteger(), nullable=True),
        sa.Column("private_tip", sa.BigInteger(), nullable=True),
        sa.Column("ticket_show", sa.BigInteger(), nullable=True),
        sa.Column("group_show", sa.BigInteger(), nullable=True),
        sa.Column("content", sa.BigInteger(), nullable=True),
        sa.Column("cam2cam", sa.BigInteger(), nullable=True),
        sa.Column("fan_club", sa.BigInteger(), nullable=True),
        sa.Column("spy", sa.BigInteger(), nullable=True),
        sa.Column("private", sa.BigInteger(), nullable=True),
    )
    op.create_table(
        "camsoda_snapshots",
        *_snapshot(),
        sa.Column("show", sa.String(), nullable=True),
        sa.Column("stream_status", sa.BigInteger(), nullable=True),
        sa.Column("followers", sa.BigInteger(), nullable=True),
        sa.Column("tags", sa.String(), nullable=True),
        sa.Column("about_me", sa.String(), nullable=True),
        sa.Column("wish_list", sa.String(), nullable=True),
        sa.Column("picture_url", sa.String(), nullable=True),
        sa.Column("offline_picture_url", sa.String(), nullable=True),
        sa.UniqueConstraint("person_id", "at"),
    )
    op.create_table(
        "camsoda_online_snapshots",
        *_snapshot(),
        sa.Column("display_name", sa.String(), nullable=True),
        sa.Column("gender", sa.String(), nullable=True),
        sa.Column("show", sa.String(), nullable=True),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("viewers", sa.BigInteger(), nullable=True),
        sa.Column("image_url", sa.String(), nullable=True),
        sa.Column("sort_value", sa.Float(), nullable=True),
        sa.Column("private_rating", sa.Float(), nullable=True),
        sa.Column("bitrate", sa.BigInteger(), nullable=True),
        sa.Column("is_standby", sa.Boolean(), nullable=True),
        sa.Column("has_control", sa.Boolean(), nullable=True),
        sa.UniqueConstraint("person_id", "at"),
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
