"""A site is data: how it is laid out, what can be collected, who parses what, how to sign in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import msgspec

from models import records
from scraper import errors, pace, payload, talk

if TYPE_CHECKING:
    from scraper.fetch import tab


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """Where things stand on a site: defaults in code, each value overridable in the settings.

    `endpoints`  name -> path, with {placeholders}; a whole address for what stands at a host of
                 its own, of which only the path counts where `base_url` is on this machine
    `selectors`  name -> CSS selector, or (names ending in `_text`) a text to look for
    `sizes`      name -> page size or limit
    `timezone`   IANA name of the zone in which the site writes naive times
    """

    base_url: str
    endpoints: Mapping[str, str]
    selectors: Mapping[str, str]
    sizes: Mapping[str, int]
    timezone: str = "UTC"

    def url(self, endpoint: str, **values: str | int) -> str:
        """Return the absolute URL of a named endpoint."""
        place, base = self.endpoints[endpoint].format(**values), self.base_url.rstrip("/")
        if place.startswith("/"):
            return base + place
        return base + _path(place) if pace.on_this_machine(base) else place


def _path(address: str) -> str:
    return "/" + address.partition("://")[2].partition("/")[2]


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """What one run is asked to do.

    `people` are the usernames to ask about, for a collector that polls people: most urgent first.
    `ids` are the ids that the site gives them for good, as far as they are known.
    `images` are the addresses of their pictures, as far as a source has said them.
    `cursor` is the last stored Cursor value for (account, collector, target), or None.
    `since` and `until` bound a history (aware UTC); None leaves the choice to the collector.
    `patient`: what is asked of a feed may wait for something to happen.
    """

    username: str
    target: str | None = None
    full: bool = False
    people: tuple[str, ...] = ()
    ids: Mapping[str, str] = {}
    images: Mapping[str, str] = {}
    cursor: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    patient: bool = False
    now: datetime


def _one_room(target: str | None, _username: str) -> tuple[str | None, ...]:
    return (target,)


Polls = Literal["models", "viewers", "watched", ""]


class Collector(msgspec.Struct, frozen=True, kw_only=True):
    """A named errand of a site.

    `start`      the first requests, in order
    `direction`  for a list of people: which relation its entries have to the account
    `parts`      for a list: the parts that must all be walked to their proved end
    `totals`     for a list: Check sources that decide its size, best first; a source `parts`
                 means the sum of the parts' own totals
    `targeted`   whether the errand names a room
    `way`        `browser`: as the signed-in account; `http`: with its tokens, without a browser
    `tokens`     the account's tokens that its requests are sent with
    `polls`      which people its errands ask about one by one: `models` or `viewers` who are
                 followed or watched, those who are `watched`, or nobody
    `by_id`      which id of the people it asks with, where it does (`records.StableId.kind`)
    `sweeps`     whether answers show everybody on the site: only who is tracked is kept
    `source`     what polls and snapshots of it are called (`records.Polled.source`)
    """

    name: str
    summary: str
    start: Callable[[Errand, Layout], tuple[payload.Request, ...]]
    direction: records.Direction | None = None
    parts: tuple[str, ...] = ()
    totals: tuple[str, ...] = ()
    targeted: bool = False
    way: Literal["browser", "http"] = "browser"
    tokens: tuple[str, ...] = ()
    polls: Polls = ""
    by_id: str = ""
    sweeps: bool = False
    source: str = ""


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """What a site tells of as it happens, for as long as somebody listens.

    `start`      what to ask for next: from `errand.cursor` on, where the feed keeps what happened
    `way`        `asked`: each request brings what came since, and may wait for it; `socket`: a
                 talk; `pushed`: the site sends it to us, and `start` is what that answers
    `talk`       for a socket: what is said there
    `tokens`     the account's tokens that it needs; a pushed one needs a secret of ours in its path
    `every`      for one that is asked: least seconds between two questions, where the first
                 brought nothing
    `keeps`      whether the feed keeps what nobody heard, or sends it again; else every silence of
                 ours is a gap
    `fills`      collectors that read the same from history, to fill gaps
    `rooms`      the feed's target and the account's username -> the targets of the runs that
                 fill them
    `beside`     what else it may tell of, that those do not read: its gaps are never filled whole
    `targeted`   whether it needs to be told which room
    """

    name: str
    summary: str
    start: Callable[[Errand, Layout], payload.Request]
    way: Literal["asked", "socket", "pushed"] = "asked"
    talk: Callable[[payload.Request, Layout], talk.Talk] | None = None
    tokens: tuple[str, ...] = ()
    every: float = 0.0
    keeps: bool = False
    fills: tuple[str, ...] = ()
    rooms: Callable[[str | None, str], tuple[str | None, ...]] = _one_room
    beside: str = ""
    targeted: bool = False


Parse = Callable[[payload.Payload, Layout], payload.Batch]
Guard = Callable[[payload.Payload, Layout], None]


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """How many requests a minute a site grants, and to whom: each account, or this machine.

    `apart`: for a host of its own, which is not asked at the account's pace.
    """

    name: str
    per_minute: int
    shared_by: Literal["account", "machine"] = "account"
    apart: bool = False


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What signing in needs. Lives in memory only and is never printed."""

    username: str
    password: str

    def __repr__(self) -> str:
        """Hide the password from tracebacks and logs."""
        return f"Credentials(username={self.username!r}, password=***)"


async def _no_sign_in(_tab: tab.Tab, _credentials: Credentials, layout: Layout) -> None:
    _nobody(layout)


def _nobody(layout: Layout) -> payload.Request:
    raise errors.BadConfig(
        "bad_request",
        "nobody signs in there: it is read with tokens; see `greenroom accounts store-token`",
        url=layout.base_url,
    )


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """A place we read.

    `guard`    raises for answers that are no page of the errand: sign-in form, challenge, age
               gate, throttle, server error; runs before every parser
    `sign_in`  drives a tab from the sign-in page to a signed-in one, or raises
               a site that is read with tokens only has none
    `whoami`   the request whose answer names the signed-in user, and the parser's Check source
               that carries it: (request builder, source)
    `by_hand`  nobody but the operator signs in there, in a window or with an imported session
    `platform` the site whose people it speaks of; "" for its own
    `requests_per_minute`  the pace of an account unless the settings say otherwise
    `budgets`  name that requests carry -> what they are counted in, beside the account's pace
    `feeds`    what it tells of as it happens
    `imports`  kinds of saved pages a person may import: word -> (parser kind, collector name)
    """

    name: str
    layout: Layout
    collectors: Mapping[str, Collector]
    parsers: Mapping[str, Parse]
    guard: Guard
    sign_in: Callable[[tab.Tab, Credentials, Layout], Awaitable[None]] = _no_sign_in
    whoami: Callable[[Layout], payload.Request] = _nobody
    by_hand: bool = False
    platform: str = ""
    requests_per_minute: int = 30
    budgets: Mapping[str, tuple[Budget, ...]] = {}
    feeds: Mapping[str, Feed] = {}
    imports: Mapping[str, tuple[str, str]] = {}
