"""Show acts of several sources once, and keep broadcast sessions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    op.add_column("streams", sa.Column("site", sa.String(), nullable=True))
    op.add_column("streams", sa.Column("place", sa.String(), nullable=True))
    op.create_index("ix_streams_place", "streams", ["site", "place"])
    _name_places()
    number = "INTEGER" if dialect == "sqlite" else "BIGINT"
    op.execute(f"ALTER TABLE interactions ADD COLUMN same_as {number} REFERENCES interactions (id)")
    known = sa.text("same_as IS NOT NULL")
    op.create_index(
        "ix_interactions_same_as",
        "interactions",
        ["same_as"],
        sqlite_where=known,
        postgresql_where=known,
    )
    op.create_table(
        "broadcast_sessions",
        sa.Column("id", ID, primary_key=True),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("room", sa.String(), nullable=False),
        sa.Column("started", MOMENT, nullable=False),
        sa.Column("started_by", sa.String(), nullable=False),
        sa.Column("start_certain", sa.Boolean(), nullable=False),
        sa.Column("ended", MOMENT, nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.Column("end_certain", sa.Boolean(), nullable=False),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("same_as", ID, sa.ForeignKey("broadcast_sessions.id"), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
    )
    op.create_index(
        "ix_broadcast_sessions_place", "broadcast_sessions", ["site", "room", "started"]
    )
    op.create_index("ix_telemetry_confirmed", "telemetry", ["room", "platform", "confirmed_at"])
    # what was there before is compared later, from the newest down to the first
    op.execute("INSERT INTO marks SELECT 'sameness', coalesce(max(id), 0) FROM interactions")
    op.execute(_acts(dialect))


def _name_places() -> None:
    """Say of each stream which site's people are in it, and how all sources write its room."""
    connection = op.get_bind()
    rows = connection.execute(
        sa.text(
            "SELECT s.id, s.source, s.room, a.site FROM streams s"
            " JOIN accounts a ON a.id = s.account_id"
        )
    ).all()
    for key, source, room, site in rows:
        named, _, rest = room.lower().rpartition("/")
        home = "chaturbate" if site.startswith("statbate") else site
        there = source.removeprefix("relay.") if source.startswith("relay.") else named or home
        connection.execute(
            sa.text("UPDATE streams SET site = :site, place = :place WHERE id = :id"),
            {"site": there, "place": rest, "id": key},
        )


def _acts(dialect: str) -> str:
    """The view of acts shown once, with the sources that state each."""
    joined = "group_concat(source, ' ')" if dialect == "sqlite" else "string_agg(source, ' ')"
    return f"""CREATE VIEW v_acts AS
SELECT i.id, i.stream_id, s.account_id, s.site, s.place, s.source, i.key, i.at, i.kind,
    i.person_id, i.tokens, i.text, i.private, i.payload_id,
    (SELECT {joined} FROM (
        SELECT DISTINCT o.source FROM interactions t JOIN streams o ON o.id = t.stream_id
        WHERE t.id = i.id OR t.same_as = i.id ORDER BY o.source) stated) AS sources
FROM interactions i JOIN streams s ON s.id = i.stream_id
WHERE i.same_as IS NULL"""
