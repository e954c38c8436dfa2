"""Where to look in Statbate's REST API: pure functions from what is wanted to Requests."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

import msgspec

from scraper import errors, payload, site

HOME = "chaturbate"
"""The platform whose people the site speaks of unless a target names another."""

PLATFORMS = (
    *(HOME, "stripchat", "bongacams", "camsoda", "mfc"),  # the OpenAPI's (confidence H)
    *("livejasmin", "cam4", "flirt4free"),  # a client's (confidence L)
)

FIRST_TIPS = {
    "camsoda": datetime(2024, 1, 1, tzinfo=UTC),
    "mfc": datetime(2024, 12, 1, tzinfo=UTC),
    "": datetime(2023, 11, 1, tzinfo=UTC),
}
FIRST_CHAT = {
    HOME: datetime(2024, 7, 1, tzinfo=UTC),
    "stripchat": datetime(2024, 12, 1, tzinfo=UTC),
    "mfc": datetime(2024, 12, 1, tzinfo=UTC),
    "": datetime(2025, 8, 1, tzinfo=UTC),
}
"""Platform -> since when the site holds anything of it, "" for all others (confidence M)."""

SEARCH = "search"
BATCH = "batch"
_BUDGETS = {"message_search": SEARCH, "member_batch": BATCH}
_SIZES = {"model_chat": "chat_page"}
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_FILTERS = re.compile(r"(?:(room)=(\S+)\s*)?(?:(sender)=(\S+)\s*)?(?:(text)=(.*))?")

_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)

Context = dict[str, str | int]


def ask(layout: site.Layout, kind: str, context: Mapping[str, str | int]) -> payload.Request:
    """The request of a kind, which is an endpoint's name, about what its context names."""
    values = {name: quote(str(value), safe="") for name, value in context.items()}
    url = layout.url(
        kind,
        **values,
        per_page=layout.sizes[_SIZES.get(kind, "page")],
        gap=layout.sizes["session_gap_hours"],
        limit=layout.sizes["tag_search"],
    )
    return payload.Request(
        url=url,
        kind=kind,
        via="http",
        headers={"Accept": "application/json"},
        secrets={"header:Authorization": "Bearer {api}"},
        budget=_BUDGETS.get(kind, ""),
        context=dict(context),
    )


def token_check(layout: site.Layout) -> payload.Request:
    """Whether the token is good: its subscription (confidence M). Of the account, nothing else."""
    asked = ask(layout, "token_check", {"moment": "whoami"})
    return msgspec.structs.replace(asked, keep=("subscription",))


def member_batches(layout: site.Layout, names: Sequence[str]) -> tuple[payload.Request, ...]:
    """All that is known of these members, a hundred a call."""
    size = layout.sizes["batch"]
    batches = [names[first : first + size] for first in range(0, len(names), size)]
    return tuple(
        msgspec.structs.replace(
            ask(layout, "member_batch", {"site": HOME}),
            method="POST",
            json_body=msgspec.json.encode({"names": batch, "timezone": "UTC"}).decode(),
        )
        for batch in batches
    )


def names_asked(asked: payload.Request) -> list[str]:
    """Return whom a request for many members asks about."""
    return msgspec.json.decode(asked.json_body or "", type=_Body).names


class _Body(msgspec.Struct):
    names: list[str]


def search(layout: site.Layout, context: Mapping[str, str | int]) -> payload.Request:
    """A page of the search for messages; `filters` and, if there is one, `cursor` say which."""
    filters = msgspec.json.decode(str(context["filters"]), type=dict[str, str])
    after = {"cursor": context["cursor"]} if "cursor" in context else {"page": context["page"]}
    asked = urlencode({**filters, **after, "per_page": layout.sizes["page"]})
    made = ask(layout, "message_search", {**context, "asked": "ASKED"})
    url = made.url.replace("ASKED", asked)
    return msgspec.structs.replace(made, url=url, context=dict(context))


def filters(text: str) -> dict[str, str]:
    """Return what a search is for: `room=NAME sender=NAME text=WORDS`, or words alone."""
    found = _FILTERS.fullmatch(text.strip())
    if found is None:
        return {"text": text.strip()}
    parts = iter(found.groups())
    return {name: value.strip() for name, value in zip(parts, parts, strict=True) if name}


def written(asked: Mapping[str, str]) -> str:
    """Return the filters of a search as a request's context holds them."""
    return msgspec.json.encode(asked).decode()


def split(text: str) -> tuple[str, str]:
    """Return platform and rest of a target: `stripchat/some_room`, or of the home platform."""
    platform, slash, rest = text.partition("/")
    return (platform, rest) if slash and platform in PLATFORMS else (HOME, text)


def about(errand: site.Errand, what: str) -> Context:
    """Return the platform and the name that the errand's target is. Raises BadConfig."""
    platform, name = split(errand.target or errand.username)
    if not _NAME.fullmatch(name):
        raise errors.BadConfig("bad_request", f"{name!r} is no name of a room or member")
    return {"site": platform, what: name.lower()}


def is_name(text: str) -> bool:
    """Whether addresses can hold a name."""
    return _NAME.fullmatch(text) is not None


def whole_days(layout: site.Layout, errand: site.Errand) -> Context:
    """Return the window of sums: the errand's, else the last days; always whole days of UTC.

    Both its ends count, so the last second is a day's last: no day's figure is that of a part.
    """
    last = _midnight((errand.until or _midnight(errand.now)) - _SECOND) + _DAY - _SECOND
    if errand.since is None:
        return _window(last + _SECOND - layout.sizes["first_days"] * _DAY, last)
    return _window(_midnight(errand.since), last)


def lately(layout: site.Layout, errand: site.Errand) -> Context:
    """Return the window of a history without a cursor: the errand's, else the last days."""
    until = errand.until or errand.now
    since = errand.since or until - timedelta(days=layout.sizes["first_days"])
    return _window(since, until)


def history(
    layout: site.Layout, errand: site.Errand, first: Mapping[str, datetime], platform: str
) -> Context:
    """Return the window of a history, and as `closes` the Cursor's value where it leaves no hole.

    It reaches from `since` (the last closed window's end less an overlap, for what the site learned
    late) to `until`, both whole seconds: no second is ever cut, so that equal rows within it are
    numbered alike in every walk. `full` begins where the site's coverage does.
    """
    known = datetime.fromisoformat(errand.cursor) if errand.cursor else None
    until = errand.until or errand.now
    if errand.since is not None:
        since = errand.since
    elif errand.full:
        since = first.get(platform, first[""])
    elif known is not None:
        since = known - timedelta(seconds=layout.sizes["overlap_seconds"])
    else:
        since = until - timedelta(days=layout.sizes["first_days"])
    window = _window(since, until)
    end = until.astimezone(UTC).replace(microsecond=0)
    if known is None or since <= known < end:
        window["closes"] = end.isoformat()
    return window


def _midnight(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _window(since: datetime, until: datetime) -> Context:
    if since >= until:
        raise errors.BadConfig("bad_request", f"{since} is not before {until}")
    return {
        "since": f"{since.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
        "until": f"{until.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
    }
