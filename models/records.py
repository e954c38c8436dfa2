"""What a payload can state: frozen values, each applied to the tables as it stands.

A record says only what its source said. `None` means "the source did not say" and never
erases what is known. Times are aware UTC.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

Direction = Literal["following", "follower"]
"""`following`: the account follows the person. `follower`: the person follows the account."""

Role = Literal["model", "viewer", "both", "unknown"]


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
    `tokens` is signed from the account's view; `private` marks what only the parties may see.
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


class Cursor(Record, frozen=True, kw_only=True):
    """How far back or forward a history is now known without a hole.

    Stated only by the payload that closes the walk, never in the middle of one.
    """

    value: str
