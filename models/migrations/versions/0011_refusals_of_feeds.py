"""Keep how often a pushed feed brought what nobody can read, and why."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("feeds", sa.Column("refusals", sa.Integer(), nullable=True))
    op.add_column("feeds", sa.Column("refused_at", MOMENT, nullable=True))
    op.add_column("feeds", sa.Column("refusal", sa.String(), nullable=True))
