"""Keep snapshots, the state of each person, and who is watched."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
FIELDS = (
    *("display_name", "gender", "age", "birthday", "country", "location", "languages"),
    *("last_broadcast", "subject", "viewers", "image_url", "tags", "followers", "rank"),
    *("gender_rank", "affiliate_show", "cbhours_show", "other_show"),
)
NUMBERS = ("age", "viewers", "followers", "rank", "gender_rank")
SORTED = ("viewers", "followers", "rank", "gender_rank")


def upgrade() -> None:
    number = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(f"ALTER TABLE persons ADD COLUMN same_as {number} REFERENCES persons (id)")
    op.add_column("persons", sa.Column("excluded_at", MOMENT, nullable=True))
    op.create_index("ix_persons_same_as", "persons", ["same_as"])
    op.add_column("payload_bodies", sa.Column("pruned_at", MOMENT, nullable=True))
    op.create_table(
        "person_ids",
        sa.Column("site", sa.String(), primary_key=True),
        sa.Column("kind", sa.String(), primary_key=True),
        sa.Column("value", sa.String(), primary_key=True),
        sa.Column("person_id", ID, sa.ForeignKey("persons.id"), primary_key=True),
        sa.Column("first_seen", MOMENT, nullable=False),
        sa.Column("last_seen", MOMENT, nullable=False),
        sa.Column("payload_id", ID, sa.ForeignKey("payloads.id"), nullable=False),
    )
    op.create_table(
        "person_merges",
        sa.Column("id", ID, primary_key=True),
        sa.Column("person_id", ID, sa.ForeignKey("persons.id"), nullable=False, index=True),
        sa.Column("into_id", ID, sa.ForeignKey("persons.id"), nullable=False, index=True),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("undone_at", MOMENT, nullable=True),
    )
    op.create_table(
        "watches",
        sa.Column("list", sa.String(), primary_key=True),
        sa.Column("person_id", ID, sa.ForeignKey("persons.id"), primary_key=True),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("note", sa.String(), nullable=True),
    )
    op.create_index("ix_watches_person", "watches", ["person_id"])
    op.create_table(
        "polls",
        sa.Column("person_id", ID, sa.ForeignKey("persons.id"), primary_key=True),
        sa.Column("source", sa.String(), primary_key=True),
        sa.Column("polled_at", MOMENT, nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("rest_until", MOMENT, nullable=True),
    )
    op.create_table(
        "affiliate_snapshots",
        *_snapshot(),
        sa.Column("display_name", sa.String(), nullable=True),
        sa.Column("gender", sa.String(), nullable=True),
        sa.Column("age", sa.BigInteger(), nullable=True),
        sa.Column("birthday", sa.String(), nullable=True),
        sa.Column("country", sa.String(), nullable=True),
        sa.Column("location", sa.String(), nullable=True),
        sa.Column("languages", sa.String(), nullable=True),
        sa.Column("show", sa.String(), nullable=True),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("tags", sa.String(), nullable=True),
        sa.Column("viewers", sa.BigInteger(), nullable=True),
        sa.Column("followers", sa.BigInteger(), nullable=True),
        sa.Column("seconds_online", sa.BigInteger(), nullable=True),
        sa.Column("is_new", sa.Boolean(), nullable=True),
        sa.Column("is_hd", sa.Boolean(), nullable=True),
        sa.Column("image_url", sa.String(), nullable=True),
        sa.UniqueConstraint("person_id", "at"),
    )
    _person_states()
    op.execute(_current_state(op.get_bind().dialect.name))


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


def _person_states() -> None:
    columns: list[sa.Column[object]] = []
    for name in FIELDS:
        kind: sa.types.TypeEngine[object] = (
            sa.BigInteger() if name in NUMBERS else sa.String()  # type: ignore[assignment] # either
        )
        columns += [
            sa.Column(name, kind, nullable=True),
            sa.Column(f"{name}_source", sa.String(), nullable=True),
            sa.Column(f"{name}_at", MOMENT, nullable=True),
        ]
    person = sa.Column("person_id", ID, sa.ForeignKey("persons.id"), primary_key=True)
    op.create_table("person_states", person, *columns)
    for name in SORTED:
        op.create_index(f"ix_person_states_{name}", "person_states", [name])


def _current_state(dialect: str) -> str:
    """The view of everybody's present state; whether somebody is live depends on the time."""

    def ago(minutes: int) -> str:
        if dialect == "sqlite":
            return f"strftime('%Y-%m-%d %H:%M:%f', 'now', '-{minutes} minutes')"
        return f"now() - interval '{minutes} minutes'"

    def age(column: str) -> str:
        if dialect == "sqlite":
            return f"round((julianday('now') - julianday({column})) * 86400)"
        return f"round(extract(epoch FROM now() - {column}))"

    shows = ("affiliate_show", "cbhours_show", "other_show")
    first, second, third = (f"s.{name}_at" for name in shows)
    newest = (
        f"CASE WHEN {first} IS NOT NULL AND ({second} IS NULL OR {first} >= {second})"
        f" AND ({third} IS NULL OR {first} >= {third}) THEN 'affiliate_show'"
        f" WHEN {second} IS NOT NULL AND ({third} IS NULL OR {second} >= {third})"
        f" THEN 'cbhours_show' WHEN {third} IS NOT NULL THEN 'other_show' END"
    )
    chosen = (
        f"CASE WHEN {first} >= {ago(10)} THEN 'affiliate_show'"
        f" WHEN {second} >= {ago(30)} THEN 'cbhours_show' ELSE {newest} END"
    )

    def picked(suffix: str) -> str:
        cases = " ".join(f"WHEN '{name}' THEN s.{name}{suffix}" for name in shows)
        return f"CASE s.show_from {cases} END"

    facts = [
        f"s.{name}, s.{name}_source, s.{name}_at, {age(f's.{name}_at')} AS {name}_age"
        for name in FIELDS
        if name not in shows
    ]
    return f"""CREATE VIEW v_person_current_state AS
SELECT p.id AS person_id, p.site, p.username, p.role,
    CASE WHEN s.show_at IS NULL OR s.show_at < {ago(30)} THEN 'unknown'
         WHEN s.show = 'offline' THEN 'offline' ELSE 'live' END AS status,
    s.show, s.show_source, s.show_at, {age("s.show_at")} AS show_age,
    {", ".join(facts)}
FROM persons p LEFT JOIN (
    SELECT s.*, {picked("")} AS show, {picked("_source")} AS show_source,
        {picked("_at")} AS show_at
    FROM (SELECT s.*, {chosen} AS show_from FROM person_states s) s
) s ON s.person_id = p.id
WHERE p.same_as IS NULL"""
