"""Let follows and unfollows that a feed tells stand beside those that lists show."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
PLACE = ["account_id", "direction", "person_id"]
OPEN = sa.text("ended IS NULL")


def upgrade() -> None:
    _listings()
    _list_stretches()
    _follow_edges()
    _follow_events()


def _listings() -> None:
    op.add_column("listings", sa.Column("begun", MOMENT, nullable=True))
    op.execute(
        "UPDATE listings SET begun = (SELECT min(p.fetched_at) FROM listing_pages g"
        " JOIN payloads p ON p.id = g.payload_id WHERE g.listing_id = listings.id)"
    )
    op.create_table(
        "listing_hidden",
        sa.Column("listing_id", ID, sa.ForeignKey("listings.id"), primary_key=True),
        sa.Column("person_id", ID, sa.ForeignKey("persons.id"), primary_key=True),
    )
    op.create_index("ix_listing_hidden_person", "listing_hidden", ["person_id"])


def _list_stretches() -> None:
    op.create_table(
        "list_stretches",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("person_id", ID, sa.ForeignKey("persons.id"), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("since_known", sa.Boolean(), nullable=False),
        sa.Column("ended", MOMENT, nullable=True),
        sa.Column("opened_by", ID, sa.ForeignKey("listings.id"), nullable=False),
        sa.Column("closed_by", ID, sa.ForeignKey("listings.id"), nullable=True),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("certain", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_list_stretches_closed_by", "list_stretches", ["closed_by"])
    op.create_index(
        "ix_list_stretches_open",
        "list_stretches",
        PLACE,
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_index("ix_list_stretches_opened_by", "list_stretches", ["opened_by"])
    op.create_index(
        "ix_list_stretches_person", "list_stretches", ["person_id", "account_id", "direction"]
    )


def _follow_edges() -> None:
    with op.batch_alter_table("follow_edges") as table:
        table.alter_column("opened_by", existing_type=ID, nullable=True)
        for name, target in (
            ("opened_by_act", "interactions"),
            ("closed_by_act", "interactions"),
            ("confirmed_by", "listings"),
        ):
            table.add_column(sa.Column(name, ID, nullable=True))
            table.create_foreign_key(f"follow_edges_{name}_fkey", target, [name], ["id"])
        table.create_check_constraint(
            "opened_once", "(opened_by IS NULL) <> (opened_by_act IS NULL)"
        )
        table.create_check_constraint("closed_once", "closed_by IS NULL OR closed_by_act IS NULL")


def _follow_events() -> None:
    with op.batch_alter_table("follow_events") as table:
        table.alter_column("listing_id", existing_type=ID, nullable=True)
        for name, target in (
            ("act_id", "interactions"),
            ("same_as", "follow_events"),
            ("corrects", "follow_events"),
        ):
            table.add_column(sa.Column(name, ID, nullable=True))
            table.create_foreign_key(f"follow_events_{name}_fkey", target, [name], ["id"])
        table.create_check_constraint("one_evidence", "(listing_id IS NULL) <> (act_id IS NULL)")
    op.create_index(
        "ix_follow_events_person", "follow_events", ["person_id", "account_id", "direction"]
    )
    _some("ix_follow_events_told", PLACE, "act_id")
    _some("ix_follow_events_act", ["act_id"], "act_id", unique=True)
    for name in ("same_as", "corrects"):
        _some(f"ix_follow_events_{name}", [name], name)


def _some(index: str, columns: list[str], given: str, *, unique: bool = False) -> None:
    """Index the few events that have something: most are of lists and cost nothing here."""
    rows = sa.text(f"{given} IS NOT NULL")
    op.create_index(
        index,
        "follow_events",
        columns,
        unique=unique,
        sqlite_where=rows,
        postgresql_where=rows,
    )
