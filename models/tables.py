"""The tables. Each class docstring is the table's entry in docs/data.md, in one line."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from models.moment import Moment

BigId = BigInteger().with_variant(Integer, "sqlite")


def _id() -> Any:
    return Field(default=None, primary_key=True, sa_type=BigId)


def _ref(target: str, **options: Any) -> Any:
    return Field(foreign_key=target, sa_type=BigId, **options)


def _named(target: str, table: str, column: str) -> ForeignKeyConstraint:
    """Return a reference that was added to a table that was there: altering one wants its name."""
    return ForeignKeyConstraint([column], [target], name=f"{table}_{column}_fkey")


def _some(where: str, name: str, *columns: str, unique: bool = False) -> Index:
    """Return an index of those rows alone that meet a condition."""
    rows = text(where)
    return Index(name, *columns, unique=unique, sqlite_where=rows, postgresql_where=rows)


_PLACE = ("account_id", "direction", "person_id")


def _open_once(name: str) -> Index:
    """Return the index by which a person is on a list of an account at most once at a time."""
    return _some("ended IS NULL", name, *_PLACE, unique=True)


class Account(SQLModel, table=True):
    """One of the operator's own sign-ins at a site, as far as runs have used it."""

    __tablename__ = "accounts"

    id: int = _id()
    name: str = Field(unique=True)
    site: str
    username: str
    created_at: datetime = Field(sa_type=Moment)
    sign_in_attempted_at: datetime | None = Field(default=None, sa_type=Moment)
    signed_in_at: datetime | None = Field(default=None, sa_type=Moment)
    connected_by: str | None = None
    connected_at: datetime | None = Field(default=None, sa_type=Moment)
    proved_at: datetime | None = Field(default=None, sa_type=Moment)
    expires_at: datetime | None = Field(default=None, sa_type=Moment)
    lost_at: datetime | None = Field(default=None, sa_type=Moment)
    lifetime: float | None = None
    waiting_for: str | None = None
    waiting_since: datetime | None = Field(default=None, sa_type=Moment)
    waiting_at: str | None = None


class Person(SQLModel, table=True):
    """Any username at a site: a viewer, a model, or both."""

    __tablename__ = "persons"
    __table_args__ = (UniqueConstraint("site", "username"),)

    id: int = _id()
    site: str
    username: str
    role: str = "unknown"
    first_seen: datetime = Field(sa_type=Moment)
    last_seen: datetime = Field(sa_type=Moment)
    same_as: int | None = _ref("persons.id", default=None, nullable=True, index=True)
    excluded_at: datetime | None = Field(default=None, sa_type=Moment)


class PersonId(SQLModel, table=True):
    """An id that a site gives a person for good, and the usernames that were seen with it."""

    __tablename__ = "person_ids"

    site: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    person_id: int = _ref("persons.id", primary_key=True)
    first_seen: datetime = Field(sa_type=Moment)
    last_seen: datetime = Field(sa_type=Moment)
    payload_id: int = _ref("payloads.id")


class PersonMerge(SQLModel, table=True):
    """A username taken for another name of somebody: on what evidence, and whether undone."""

    __tablename__ = "person_merges"

    id: int = _id()
    person_id: int = _ref("persons.id", index=True)
    into_id: int = _ref("persons.id", index=True)
    evidence: str
    at: datetime = Field(sa_type=Moment)
    undone_at: datetime | None = Field(default=None, sa_type=Moment)


class Watch(SQLModel, table=True):
    """A person on one of the operator's own lists, to be asked about although nobody follows."""

    __tablename__ = "watches"
    __table_args__ = (Index("ix_watches_person", "person_id"),)

    list: str = Field(primary_key=True)
    person_id: int = _ref("persons.id", primary_key=True)
    added_at: datetime = Field(sa_type=Moment)
    note: str | None = None


class Poll(SQLModel, table=True):
    """When a source was last asked about a person, how that ended, and how long it is left be."""

    __tablename__ = "polls"

    person_id: int = _ref("persons.id", primary_key=True)
    source: str = Field(primary_key=True)
    polled_at: datetime = Field(sa_type=Moment)
    outcome: str
    rest_until: datetime | None = Field(default=None, sa_type=Moment)


class Note(SQLModel, table=True):
    """What the operator wrote down about a person."""

    __tablename__ = "notes"

    id: int = _id()
    person_id: int = _ref("persons.id", index=True)
    at: datetime = Field(sa_type=Moment)
    text: str


class Run(SQLModel, table=True):
    """One execution of a collector for an account, whoever asked for it."""

    __tablename__ = "runs"
    __table_args__ = (
        Index("ix_runs_account_collector", "account_id", "collector", "id"),
        Index("ix_runs_status", "status", "id"),
        Index("ix_runs_schedule", "schedule_id", "id"),
    )

    id: int = _id()
    account_id: int = _ref("accounts.id")
    collector: str
    target: str | None = None
    options: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    requested_by: str
    schedule_id: int | None = _ref("schedules.id", default=None, nullable=True)
    due_at: datetime | None = Field(default=None, sa_type=Moment)
    not_before: datetime | None = Field(default=None, sa_type=Moment)
    deadline: float | None = None
    status: str
    stop: str | None = None
    attempt: int = 0
    requested_at: datetime = Field(sa_type=Moment)
    started_at: datetime | None = Field(default=None, sa_type=Moment)
    ended_at: datetime | None = Field(default=None, sa_type=Moment)
    active_at: datetime | None = Field(default=None, sa_type=Moment)
    seconds: float = 0.0
    leads: str | None = None
    signed_in: bool = False
    pages: int = 0
    records: int = 0
    new: int = 0
    lost: int = 0
    returned: int = 0
    errors: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    artefacts: list[str] = Field(default_factory=list, sa_type=JSON)
    layout: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    version: str


class Schedule(SQLModel, table=True):
    """When a collector is due for an account, and what happens when it cannot run then."""

    __tablename__ = "schedules"

    id: int = _id()
    name: str = Field(unique=True)
    definition: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    origin: str
    enabled: bool = True
    paused_at: datetime | None = Field(default=None, sa_type=Moment)
    removed_at: datetime | None = Field(default=None, sa_type=Moment)
    changed_at: datetime = Field(sa_type=Moment)
    decided_until: datetime = Field(sa_type=Moment)


class DueTime(SQLModel, table=True):
    """A time at which a schedule was due: the run that came of it, or why there was none."""

    __tablename__ = "due_times"

    schedule_id: int = _ref("schedules.id", primary_key=True)
    due_at: datetime = Field(primary_key=True, sa_type=Moment)
    decided_at: datetime = Field(sa_type=Moment)
    outcome: str
    reason: str | None = None
    run_id: int | None = _ref("runs.id", default=None, nullable=True)


class Lease(SQLModel, table=True):
    """Who may do what only one process may, such as leading the clock, and until when."""

    __tablename__ = "leases"

    name: str = Field(primary_key=True)
    holder: str
    term: int
    taken_at: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment)


class PayloadBody(SQLModel, table=True):
    """The bytes of payloads, compressed (zstd), each distinct body once."""

    __tablename__ = "payload_bodies"

    sha256: str = Field(primary_key=True)
    size: int
    body: bytes = Field(sa_column=Column("body", LargeBinary, nullable=False))
    pruned_at: datetime | None = Field(default=None, sa_type=Moment)


class Payload(SQLModel, table=True):
    """What came back for one request of a run; the body is in `payload_bodies`."""

    __tablename__ = "payloads"
    __table_args__ = (Index("ix_payloads_kind", "kind", "id"),)

    id: int = _id()
    run_id: int = _ref("runs.id", index=True)
    kind: str
    url: str
    status: int
    headers: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    request: str
    sha256: str = Field(foreign_key="payload_bodies.sha256")
    fetched_at: datetime = Field(sa_type=Moment)


class Listing(SQLModel, table=True):
    """What one look at a whole list showed: totals, entries, end, complete or why not."""

    __tablename__ = "listings"
    __table_args__ = (
        UniqueConstraint("run_id", "look"),
        Index("ix_listings_account", "account_id", "direction", "id"),
    )

    id: int = _id()
    run_id: int = _ref("runs.id")
    look: int = 1
    account_id: int = _ref("accounts.id")
    direction: str
    state: str
    baseline: bool = False
    as_of: datetime | None = Field(default=None, sa_type=Moment)
    declared: int | None = None
    seen: int = 0
    withheld: int = 0
    unnamed: int = 0
    end_proof: str | None = None
    reasons: list[str] = Field(default_factory=list, sa_type=JSON)
    new: int = 0
    lost: int = 0
    returned: int = 0
    begun: datetime | None = Field(default=None, sa_type=Moment)


class ListingPage(SQLModel, table=True):
    """The evidence of one page of a listing."""

    __tablename__ = "listing_pages"

    listing_id: int = _ref("listings.id", primary_key=True)
    part: str = Field(primary_key=True)
    position: int = Field(primary_key=True)
    payload_id: int = _ref("payloads.id")
    step: int
    rows: int
    fresh: int
    declared: int | None = None
    ends: str | None = None


class ListingCheck(SQLModel, table=True):
    """A value read beside a list, to be compared when the listing is closed."""

    __tablename__ = "listing_checks"
    __table_args__ = (UniqueConstraint("listing_id", "source", "moment"),)

    id: int = _id()
    listing_id: int = _ref("listings.id")
    source: str
    moment: str
    value: str


class ListingEntry(SQLModel, table=True):
    """A person seen on a listing's pages; kept for an account's newest and held listings."""

    __tablename__ = "listing_entries"
    __table_args__ = ({"sqlite_with_rowid": False},)

    listing_id: int = _ref("listings.id", primary_key=True)
    person_id: int = _ref("persons.id", primary_key=True)
    part: str = Field(primary_key=True)


class ListingHidden(SQLModel, table=True):
    """A person whom a list did not show and did not end either: the site may only hide them."""

    __tablename__ = "listing_hidden"
    __table_args__ = (Index("ix_listing_hidden_person", "person_id"),)

    listing_id: int = _ref("listings.id", primary_key=True)
    person_id: int = _ref("persons.id", primary_key=True)


class ListStretch(SQLModel, table=True):
    """What the lists alone say of somebody of whom a feed tells too: a stretch on the list."""

    __tablename__ = "list_stretches"
    __table_args__ = (
        _open_once("ix_list_stretches_open"),
        Index("ix_list_stretches_person", "person_id", "account_id", "direction"),
        Index("ix_list_stretches_opened_by", "opened_by"),
        Index("ix_list_stretches_closed_by", "closed_by"),
    )

    id: int = _id()
    account_id: int = _ref("accounts.id")
    direction: str
    person_id: int = _ref("persons.id")
    since: datetime = Field(sa_type=Moment)
    since_known: bool
    ended: datetime | None = Field(default=None, sa_type=Moment)
    opened_by: int = _ref("listings.id")
    closed_by: int | None = _ref("listings.id", default=None, nullable=True)
    told: bool
    certain: bool = True


class FollowEdge(SQLModel, table=True):
    """A stretch of time in which a person was on the account's list."""

    __tablename__ = "follow_edges"
    __table_args__ = (
        _open_once("ix_follow_edges_open"),
        Index("ix_follow_edges_person", "person_id", "account_id", "direction"),
        Index("ix_follow_edges_opened_by", "opened_by"),
        Index("ix_follow_edges_closed_by", "closed_by"),
        _named("interactions.id", "follow_edges", "opened_by_act"),
        _named("interactions.id", "follow_edges", "closed_by_act"),
        _named("listings.id", "follow_edges", "confirmed_by"),
        CheckConstraint("(opened_by IS NULL) <> (opened_by_act IS NULL)", name="opened_once"),
        CheckConstraint("closed_by IS NULL OR closed_by_act IS NULL", name="closed_once"),
    )

    id: int = _id()
    account_id: int = _ref("accounts.id")
    direction: str
    person_id: int = _ref("persons.id")
    since: datetime = Field(sa_type=Moment)
    since_known: bool
    ended: datetime | None = Field(default=None, sa_type=Moment)
    opened_by: int | None = _ref("listings.id", default=None, nullable=True)
    closed_by: int | None = _ref("listings.id", default=None, nullable=True)
    opened_by_act: int | None = Field(default=None, sa_type=BigId)
    closed_by_act: int | None = Field(default=None, sa_type=BigId)
    confirmed_by: int | None = Field(default=None, sa_type=BigId)


class FollowEvent(SQLModel, table=True):
    """A follow or unfollow, with the list or the act that showed it; append-only but for undo."""

    __tablename__ = "follow_events"
    __table_args__ = (
        Index("ix_follow_events_listing", "listing_id"),
        Index("ix_follow_events_account", "account_id", "direction", "at"),
        Index("ix_follow_events_person", "person_id", "account_id", "direction"),
        _some("act_id IS NOT NULL", "ix_follow_events_told", *_PLACE),
        _some("act_id IS NOT NULL", "ix_follow_events_act", "act_id", unique=True),
        _some("same_as IS NOT NULL", "ix_follow_events_same_as", "same_as"),
        _some("corrects IS NOT NULL", "ix_follow_events_corrects", "corrects"),
        _named("interactions.id", "follow_events", "act_id"),
        _named("follow_events.id", "follow_events", "same_as"),
        _named("follow_events.id", "follow_events", "corrects"),
        CheckConstraint("(listing_id IS NULL) <> (act_id IS NULL)", name="one_evidence"),
    )

    id: int = _id()
    account_id: int = _ref("accounts.id")
    direction: str
    person_id: int = _ref("persons.id")
    kind: str
    at: datetime = Field(sa_type=Moment)
    source: str
    listing_id: int | None = _ref("listings.id", default=None, nullable=True)
    certain: bool = True
    returned: bool = False
    act_id: int | None = Field(default=None, sa_type=BigId)
    same_as: int | None = Field(default=None, sa_type=BigId)
    corrects: int | None = Field(default=None, sa_type=BigId)


class Stream(SQLModel, table=True):
    """Where interactions come from: one source for one room of one account."""

    __tablename__ = "streams"
    __table_args__ = (
        UniqueConstraint("account_id", "source", "room"),
        Index("ix_streams_place", "site", "place"),
    )

    id: int = _id()
    account_id: int = _ref("accounts.id")
    source: str
    room: str
    site: str | None = None
    place: str | None = None


class Interaction(SQLModel, table=True):
    """One act at a time stated by the site: a chat message, a tip, a sale, a payout."""

    __tablename__ = "interactions"
    __table_args__ = (
        UniqueConstraint("stream_id", "key"),
        Index("ix_interactions_at", "stream_id", "at"),
        Index("ix_interactions_person", "person_id", "at"),
        Index(
            "ix_interactions_same_as",
            "same_as",
            sqlite_where=text("same_as IS NOT NULL"),
            postgresql_where=text("same_as IS NOT NULL"),
        ),
    )

    id: int = _id()
    stream_id: int = _ref("streams.id")
    key: str
    at: datetime = Field(sa_type=Moment)
    kind: str
    person_id: int | None = _ref("persons.id", default=None, nullable=True)
    tokens: int | None = Field(default=None, sa_type=BigInteger)
    text: str | None = None
    private: bool = False
    payload_id: int = _ref("payloads.id")
    same_as: int | None = _ref("interactions.id", default=None, nullable=True)


class Cursor(SQLModel, table=True):
    """How far a history is known without a hole, per account, collector and target."""

    __tablename__ = "cursors"

    account_id: int = _ref("accounts.id", primary_key=True)
    collector: str = Field(primary_key=True)
    target: str = Field(primary_key=True)
    value: str
    run_id: int = _ref("runs.id")


class BroadcastSession(SQLModel, table=True):
    """One continuous live appearance of one of the operator's own rooms."""

    __tablename__ = "broadcast_sessions"
    __table_args__ = (Index("ix_broadcast_sessions_place", "site", "room", "started"),)

    id: int = _id()
    site: str
    room: str
    started: datetime = Field(sa_type=Moment)
    started_by: str
    start_certain: bool
    ended: datetime | None = Field(default=None, sa_type=Moment)
    ended_by: str | None = None
    end_certain: bool = False
    by_hand: bool = False
    same_as: int | None = _ref("broadcast_sessions.id", default=None, nullable=True)
    note: str | None = None


class Feed(SQLModel, table=True):
    """A feed that the service listens to: how it stands, since when, and who listens."""

    __tablename__ = "feeds"

    name: str = Field(primary_key=True)
    account_id: int = _ref("accounts.id")
    feed: str
    target: str | None = None
    run_id: int = _ref("runs.id")
    state: str
    since: datetime = Field(sa_type=Moment)
    again_at: datetime | None = Field(default=None, sa_type=Moment)
    code: str | None = None
    reason: str | None = None
    holder: str | None = None
    heard_at: datetime | None = Field(default=None, sa_type=Moment)
    told_at: datetime | None = Field(default=None, sa_type=Moment)
    paused_at: datetime | None = Field(default=None, sa_type=Moment)
    asked_at: datetime | None = Field(default=None, sa_type=Moment)
    refusals: int | None = None
    refused_at: datetime | None = Field(default=None, sa_type=Moment)
    refusal: str | None = None


class Gap(SQLModel, table=True):
    """A stretch of time that a feed did not tell of, and whether history has filled it since."""

    __tablename__ = "gaps"
    __table_args__ = (Index("ix_gaps_state", "state"),)

    id: int = _id()
    account_id: int = _ref("accounts.id")
    feed: str
    target: str | None = None
    since: datetime = Field(sa_type=Moment)
    until: datetime = Field(sa_type=Moment)
    reason: str
    noted_at: datetime = Field(sa_type=Moment)
    payload_id: int | None = _ref("payloads.id", default=None, nullable=True, unique=True)
    state: str
    runs: list[int] = Field(default_factory=list, sa_type=JSON)
    words: str | None = None
    settled_at: datetime | None = Field(default=None, sa_type=Moment)


class WebToken(SQLModel, table=True):
    """A token of the web door, as a hash: who may come in, to do what."""

    __tablename__ = "web_tokens"

    id: int = _id()
    name: str = Field(unique=True)
    sha256: str = Field(unique=True)
    scope: str
    made_at: datetime = Field(sa_type=Moment)
    last_used_at: datetime | None = Field(default=None, sa_type=Moment)


class Telemetry(SQLModel, table=True):
    """What a room stood at on a platform: a balance of tokens, tips, viewers; append-only."""

    __tablename__ = "telemetry"
    __table_args__ = (
        Index("ix_telemetry_room", "room", "platform", "id"),
        Index("ix_telemetry_confirmed", "room", "platform", "confirmed_at"),
    )

    id: int = _id()
    room: str
    platform: str
    tokens: int = Field(sa_type=BigInteger)
    tips: int = Field(sa_type=BigInteger)
    viewers: int = Field(sa_type=BigInteger)
    timestamp: int = Field(sa_type=BigInteger)
    source: str
    arrived_at: datetime = Field(sa_type=Moment)
    confirmed_at: datetime = Field(sa_type=Moment)
    payload_id: int | None = _ref("payloads.id", default=None, nullable=True)


class RuleFiring(SQLModel, table=True):
    """A rule that an act matched, once for each way of telling it, and what came of that."""

    __tablename__ = "rule_firings"
    __table_args__ = (
        UniqueConstraint("rule", "way", "interaction_id"),
        Index("ix_rule_firings_state", "state", "next_at"),
        Index("ix_rule_firings_rule", "rule", "at"),
    )

    id: int = _id()
    rule: str
    way: str
    interaction_id: int = _ref("interactions.id", index=True)
    event: str | None = None
    state: str
    attempts: int = 0
    last_error: str | None = None
    at: datetime = Field(sa_type=Moment)
    next_at: datetime = Field(sa_type=Moment)
    done_at: datetime | None = Field(default=None, sa_type=Moment)


class Mark(SQLModel, table=True):
    """How far somebody who reads a table as a log has come."""

    __tablename__ = "marks"

    reader: str = Field(primary_key=True)
    upto: int = Field(sa_type=BigInteger)
