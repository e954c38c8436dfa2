"""Keep notes about people, and find words in texts and notes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)

# The index of interactions is filled up to search_progress.indexed; only what lies behind that
# is kept in step by triggers, so that writing new rows costs nothing.
SQLITE = (
    """CREATE VIRTUAL TABLE search_texts USING fts5(
        text, content='interactions', content_rowid='id',
        tokenize='unicode61 remove_diacritics 2')""",
    """CREATE VIRTUAL TABLE search_notes USING fts5(
        text, content='notes', content_rowid='id', tokenize='unicode61 remove_diacritics 2')""",
    "CREATE TABLE search_progress (indexed INTEGER NOT NULL)",
    "INSERT INTO search_texts (search_texts) VALUES ('rebuild')",
    "INSERT INTO search_progress SELECT coalesce(max(id), 0) FROM interactions",
    """CREATE TRIGGER search_text_changes AFTER UPDATE OF text ON interactions
    WHEN new.text IS NOT old.text AND new.id <= (SELECT indexed FROM search_progress)
    BEGIN
        INSERT INTO search_texts (search_texts, rowid, text) VALUES ('delete', old.id, old.text);
        INSERT INTO search_texts (rowid, text) VALUES (new.id, new.text);
    END""",
    # SQLite gives the id of a deleted last row once more, so the index must not be ahead of it
    """CREATE TRIGGER search_text_goes AFTER DELETE ON interactions
    WHEN old.id <= (SELECT indexed FROM search_progress)
    BEGIN
        INSERT INTO search_texts (search_texts, rowid, text) VALUES ('delete', old.id, old.text);
        UPDATE search_progress
            SET indexed = min(indexed, (SELECT coalesce(max(id), 0) FROM interactions));
    END""",
    """CREATE TRIGGER search_note_comes AFTER INSERT ON notes BEGIN
        INSERT INTO search_notes (rowid, text) VALUES (new.id, new.text);
    END""",
    """CREATE TRIGGER search_note_changes AFTER UPDATE OF text ON notes BEGIN
        INSERT INTO search_notes (search_notes, rowid, text) VALUES ('delete', old.id, old.text);
        INSERT INTO search_notes (rowid, text) VALUES (new.id, new.text);
    END""",
    """CREATE TRIGGER search_note_goes AFTER DELETE ON notes BEGIN
        INSERT INTO search_notes (search_notes, rowid, text) VALUES ('delete', old.id, old.text);
    END""",
)
# Signs become spaces, or the parser would keep addresses whole; a tsvector holds at most 1 MB.
VECTOR = (
    "to_tsvector('simple'::regconfig,"
    " regexp_replace(left(text, 100000), '[!-/:-@[-`{-~]+', ' ', 'g'))"
)
POSTGRESQL = (
    f"CREATE INDEX search_texts ON interactions USING gin ({VECTOR})",
    f"CREATE INDEX search_notes ON notes USING gin ({VECTOR})",
)


def upgrade() -> None:
    op.create_table(
        "notes",
        sa.Column("id", ID, primary_key=True),
        sa.Column("person_id", ID, sa.ForeignKey("persons.id"), nullable=False, index=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
    )
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)
