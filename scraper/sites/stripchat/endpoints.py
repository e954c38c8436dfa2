"""Where to look on Stripchat: pure functions from what is wanted to a Request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

from scraper import errors, payload, site

JSON = {"Accept": "application/json"}

PARTS = ("online", "offline", "online_again")
"""The parts of the favourites, in walking order. A room that goes online while the offline part is
read stands in neither; reading the online part again finds it."""

FIRST = datetime(2016, 1, 1, tzinfo=UTC)
"""The site holds nothing from before 2016."""

_SENDERS = ("messages.userData", "messages.senderId", "messages.details.tipData")
"""Where a message tells who sent it."""

Context = Mapping[str, str | int]


def whoami(
    layout: site.Layout, moment: str, username: str = "", **more: str | int
) -> payload.Request:
    """Who is signed in (it must be `username`); `then` names what to ask for with their id.

    Of an answer full of secrets nothing but id and name is kept.
    """
    context: dict[str, str | int] = {"moment": moment, **more}
    if username:
        context["username"] = username.lower()
    asked = payload.Request(
        url=layout.url("config_before"),
        kind="whoami",
        headers=JSON,
        context=context,
        keep=("initialDynamic.user.id", "initialDynamic.user.username"),
    )
    return payload.Request(
        url=layout.url("config"),
        kind=asked.kind,
        headers=JSON,
        context=context,
        keep=asked.keep,
        otherwise=(asked,),
    )


def cam(layout: site.Layout, username: str, renamed: int = 0) -> payload.Request:
    """What anybody sees of a room; stream addresses are not kept."""
    return payload.Request(
        url=layout.url("cam", username=quote(username, safe="")),
        kind="cam",
        via="http",
        headers=JSON,
        context={"username": username.lower(), "renamed": renamed},
        keep=("error", "data.newUsername", "user", "cam.topic", "cam.goal"),
    )


def chat(layout: site.Layout, username: str) -> payload.Request:
    """The recent end of a room's chat; who tips anonymously is not kept."""
    return payload.Request(
        url=layout.url("chat", username=quote(username, safe="")),
        kind="chat",
        via="http",
        headers=JSON,
        context={"room": username.lower()},
        veil=dict.fromkeys(_SENDERS, "messages.details.isAnonymous?"),
    )


def live_chat(layout: site.Layout, username: str) -> payload.Request:
    """What happens in a room, over its socket."""
    return payload.Request(
        url=layout.url("room", username=quote(username, safe="")),
        kind="live_chat",
        via="socket",
        context={"room": username.lower()},
    )


def user_id(layout: site.Layout, username: str) -> payload.Request:
    """The id of a room, by which its channels are named."""
    return payload.Request(
        url=layout.url("user_id", username=quote(username, safe="")),
        kind="user_id",
        via="http",
        headers=JSON,
    )


def socket_config(layout: site.Layout, username: str) -> payload.Request:
    """Where the socket is, and a guest's ticket for it: never kept."""
    return payload.Request(
        url=layout.url("socket_config", username=quote(username, safe="")),
        kind="socket_config",
        via="http",
        headers=JSON,
    )


def socket_config_before(layout: site.Layout) -> payload.Request:
    """The same where the site once told it: never kept."""
    url = layout.url("socket_config_before")
    return payload.Request(url=url, kind="socket_config_before", via="http", headers=JSON)


def live(layout: site.Layout, ids: Mapping[str, str]) -> tuple[payload.Request, ...]:
    """Rooms by their ids (username -> id), up to a hundred in each request."""
    known = sorted((username.lower(), own) for username, own in ids.items())
    size = layout.sizes["list"]
    return tuple(
        payload.Request(
            url=f"{layout.url('list')}?{urlencode([('modelIds[]', own) for _, own in some])}",
            kind="live",
            via="http",
            headers=JSON,
            context={"people": " ".join(f"{own}:{username}" for username, own in some)},
        )
        for some in (known[start : start + size] for start in range(0, len(known), size))
    )


def favorites(layout: site.Layout, part: str, offset: int = 0) -> payload.Request:
    """A page of a part of the favourites; without the token it would be empty."""
    limit = layout.sizes["favorites"]
    endpoint = "favorites_offline" if part == "offline" else "favorites"
    return payload.Request(
        url=layout.url(endpoint, offset=offset, limit=limit),
        kind="favorites",
        headers=JSON,
        csrf=_token(layout),
        context={"part": part, "position": offset, "step": limit},
    )


def favorites_total(
    layout: site.Layout, moment: str, source: str = "favorites.shown"
) -> payload.Request:
    """How many rooms the site says that it shows as favourites."""
    return payload.Request(
        url=layout.url("favorites", offset=0, limit=1),
        kind="favorites_total",
        headers=JSON,
        csrf=_token(layout),
        context={"moment": moment, "source": source},
    )


def favorite_ids(layout: site.Layout, uid: str, context: Context) -> payload.Request:
    """The ids of all favourites, in one answer: how many there are, online and offline."""
    moment = str(context["moment"])
    return payload.Request(
        url=layout.url("favorite_ids", uid=uid),
        kind="favorite_ids",
        headers=JSON,
        csrf=_token(layout),
        context={"moment": moment},
        otherwise=(favorites_total(layout, moment, "favorites.total"),),
    )


def window(layout: site.Layout, errand: site.Errand) -> dict[str, str | int]:
    """From when to when the account's transactions are wanted; `closes` is the cursor then known.

    The window begins at the last one's end less an overlap, for what was booked late. Raises
    BadConfig for one without any length.
    """
    known = datetime.fromisoformat(errand.cursor) if errand.cursor else None
    until = (errand.until or errand.now).astimezone(UTC).replace(microsecond=0)
    since = _since(layout, errand, known, until).astimezone(UTC).replace(microsecond=0)
    if since >= until:
        raise errors.BadConfig("bad_request", f"{since} is not before {until}")
    asked: dict[str, str | int] = {"since": _iso(since), "until": _iso(until)}
    if known is None or since <= known < until:
        asked["closes"] = until.isoformat()
    return asked


def _since(
    layout: site.Layout, errand: site.Errand, known: datetime | None, until: datetime
) -> datetime:
    if errand.since is not None:
        return errand.since
    if errand.full:
        return FIRST
    if known is not None:
        return known - timedelta(seconds=layout.sizes["overlap_seconds"])
    return until - timedelta(days=layout.sizes["first_days"])


def transactions(layout: site.Layout, uid: str, context: Context) -> payload.Request:
    """A page of the account's transactions in the window that `context` names."""
    offset = int(context.get("offset", 0))
    url = layout.url(
        "transactions",
        uid=uid,
        since=quote(str(context["since"])),
        until=quote(str(context["until"])),
        offset=offset,
        limit=layout.sizes["transactions"],
    )
    carried = _carried(context, uid, offset, "since", "until", "closes")
    return payload.Request(url=url, kind="transactions", headers=JSON, context=carried)


def payers(layout: site.Layout, uid: str, context: Context) -> payload.Request:
    """A page of those who have paid the account, who paid last first."""
    offset = int(context.get("offset", 0))
    url = layout.url("payers", uid=uid, offset=offset, limit=layout.sizes["payers"])
    return payload.Request(
        url=url, kind="payers", headers=JSON, context=_carried(context, uid, offset)
    )


def _carried(context: Context, uid: str, offset: int, *more: str) -> dict[str, str | int]:
    kept = {
        name: context[name] for name in (*more, "total", "first", "restarts") if name in context
    }
    room = str(context.get("room") or context.get("username", ""))
    return {"room": room, "uid": uid, "offset": offset, **kept}


THEN: Mapping[str, Callable[[site.Layout, str, Context], payload.Request]] = {
    "favorite_ids": favorite_ids,
    "transactions": transactions,
    "payers": payers,
}
"""What `whoami` leads to -> the request for it."""


def _token(layout: site.Layout) -> dict[str, str]:
    """Where the page finds the token that it adds, raw, as the site's application does."""
    place = f"{layout.endpoints['config']}#{layout.selectors['token_text']}"
    return {"header:Authorization": f"json:{place}"}


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
