"""Keep tokens of the web door, telemetry of rooms, and what rules made of acts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "web_tokens",
        sa.Column("id", ID, primary_key=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.UniqueConstraint("name"),
        sa.UniqueConstraint("sha256"),
    )
    op.create_table(
        "telemetry",
        sa.Column("id", ID, primary_key=True),
        sa.Column("room", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("tips", sa.BigInteger(), nullable=False),
        sa.Column("viewers", sa.BigInteger(), nullable=False),
        sa.Column("timestamp", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("arrived_at", MOMENT, nullable=False),
        sa.Column("confirmed_at", MOMENT, nullable=False),
        sa.Column("payload_id", ID, sa.ForeignKey("payloads.id"), nullable=True),
    )
    op.create_index("ix_telemetry_room", "telemetry", ["room", "platform", "id"])
    op.create_table(
        "rule_firings",
        sa.Column("id", ID, primary_key=True),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column(
            "interaction_id", ID, sa.ForeignKey("interactions.id"), nullable=False, index=True
        ),
        sa.Column("event", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.UniqueConstraint("rule", "way", "interaction_id"),
    )
    op.create_index("ix_rule_firings_state", "rule_firings", ["state", "next_at"])
    op.create_index("ix_rule_firings_rule", "rule_firings", ["rule", "at"])
    op.create_table(
        "marks",
        sa.Column("reader", sa.String(), primary_key=True),
        sa.Column("upto", sa.BigInteger(), nullable=False),
    )
