"""What a payload can state: frozen values, each applied to the tables as it stands.

A record says only what its source said. `None` means "the source did not say" and never
erases what is known. Times are aware UTC.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

import msgspec

Direction = Literal["following", "follower"]
"""`following`: the account follows the person. `follower`: the person follows the account."""

Role = Literal["model", "viewer", "both", "unknown"]


KINDS = (
    *("chat", "private_message", "direct_message", "tip", "purchase", "fanclub_join"),
    *("follow", "unfollow", "enter", "leave", "subject", "goal", "notice"),
    *("broadcast_start", "broadcast_stop", "status", "unknown"),
)
"""What acts are called on every platform. A tip in private is a tip that is `private`."""


class Record(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """One fact stated by one payload."""


class Member(Record, frozen=True, kw_only=True):
    """A person standing on a page of the list that the run walks."""

    username: str
    role: Role = "unknown"


class ListPage(Record, frozen=True, kw_only=True):
    """What one page says about the list it belongs to: the evidence of completeness.

    `part`      which half of the list ("online", "offline", "all" …)
    `position`  where the page stands: an offset or a page number, as the site counts
    `step`      distance to the next position (the page size for offsets, 1 for page numbers)
    `rows`      entries on the page that belong to the list and name somebody, duplicates included
    `declared`  the total of this part as this page states it, if it does
    `end`       how this page proves that the part ends here, or None if it does not
    """

    part: str
    position: int
    step: int
    rows: int
    declared: int | None = None
    end: str | None = None


class Check(Record, frozen=True, kw_only=True):
    """A value read beside the list, to be compared when the list is closed.

    `source` names the field it was read from (`online_followed_rooms.total`,
    `logged_in_user.username`); `moment` tells one reading from another ("first", "last",
    "online:90"), so that reading the same answer twice records it once.
    """

    source: str
    moment: str
    value: str


class Interaction(Record, frozen=True, kw_only=True):
    """One act at a time stated by the site.

    `key` identifies the act within (account, source, room): the native id where the site has
    one, else a fingerprint and the ordinal among equals, so that equal acts stay apart.
    `username` is None where the site withholds it (an anonymous tip).
    `kind` is one of KINDS where the source's word has the same meaning, else the source's own.
    `tokens` is signed from the account's view; `private` marks what only the parties may see.
    `platform` is the site of the person, "" for the one that the Site speaks of.
    """

    source: str
    room: str
    key: str
    at: datetime
    kind: str
    username: str | None = None
    tokens: int | None = None
    text: str | None = None
    private: bool = False
    platform: str = ""


class Level(Record, frozen=True, kw_only=True):
    """What a room of the account's own stood at when its page was read.

    `tokens` is the account's balance, `tips` how many the page shows of what lately passed;
    `platform` is the site of the room, "" for the one that the Site speaks of.
    """

    room: str
    tokens: int
    tips: int
    viewers: int
    platform: str = ""


class Cursor(Record, frozen=True, kw_only=True):
    """How far back or forward a history is now known without a hole.

    Stated only by the payload that closes the walk, never in the middle of one; of a feed that is
    read forward, by every payload: it is known up to there.
    """

    value: str


class Missed(Record, frozen=True, kw_only=True):
    """A feed says that it does not have what happened after `since` (None: after what is known)."""

    reason: str
    since: datetime | None = None
    until: datetime | None = None


class Snapshot(Record, frozen=True, kw_only=True):
    """What one source measured of a person when it was asked; stored only where it changed.

    Each source's snapshots are one subclass and one table (`table`): a field is a column of the
    same name and type. Fields that several sources have bear one name everywhere (`models.states`
    lists them). `source` is the source's short name; `platform` is the site of the person, "" for
    the one that the Site speaks of.
    """

    source: ClassVar[str]
    table: ClassVar[str]
    role: ClassVar[Role] = "unknown"

    username: str
    platform: str = ""


class Entry(Record, frozen=True, kw_only=True):
    """A row that a source itself keeps, under a key: a tag, a day, a session.

    Each kind of row is one subclass and one table. `keys` are the fields that identify it, beside
    its platform. Read again it is one row still, with what was read last.
    """

    table: ClassVar[str]
    keys: ClassVar[tuple[str, ...]]

    platform: str = ""


class PersonEntry(Entry, frozen=True, kw_only=True):
    """An Entry that is about a person, who belongs to its key."""

    role: ClassVar[Role] = "unknown"

    username: str


class StableId(Record, frozen=True, kw_only=True):
    """An id that a site gives a person for good, whatever name they take (`kind`: which id).

    The only evidence from which two usernames are taken for one person.
    """

    username: str
    kind: str
    value: str
    platform: str = ""


class Polled(Record, frozen=True, kw_only=True):
    """A source was asked about a person: `outcome` is `ok` or why there is nothing to know.

    `rest` is how long (seconds) that source is not asked about that person again.
    """

    username: str
    source: str
    outcome: str = "ok"
    rest: float = 0.0
    platform: str = ""
