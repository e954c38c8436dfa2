"""Keep how feeds stand, and what they did not tell of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "feeds",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("account_id", ID, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("feed", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=True),
        sa.Column("run_id", ID, sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("again_at", MOMENT, nullable=True),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("holder", sa.String(), nullable=True),
        sa.Column("heard_at", MOMENT, nullable=True),
        sa.Column("told_at", MOMENT, nullable=True),
        sa.Column("paused_at", MOMENT, nullable=True),
        sa.Column("asked_at", MOMENT, nullable=True),
    )
    op.create_table(
        "gaps",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("feed", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=True),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("noted_at", MOMENT, nullable=False),
        sa.Column("payload_id", ID, sa.ForeignKey("payloads.id"), nullable=True, unique=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("runs", sa.JSON(), nullable=False),
        sa.Column("words", sa.String(), nullable=True),
        sa.Column("settled_at", MOMENT, nullable=True),
    )
    op.create_index("ix_gaps_state", "gaps", ["state"])
