"""Where to look on Chaturbate: pure functions from what is wanted to a Request."""

from __future__ import annotations

import re

import msgspec

from scraper import errors, payload, site

XHR = {"X-Requested-With": "XMLHttpRequest", "Accept": "application/json"}
"""Without them the site redirects its own XHR addresses to the home page."""

JSON = {"Accept": "application/json"}

TROUBLE_FIELDS = ("status", "code", "detail")
"""What the site says of a room that it does not show."""

ROOM_FIELDS = (
    *("viewer_username", "broadcaster_username", "broadcaster_uid", "room_uid"),
    *("broadcaster_gender", "age", "room_status", "room_title", "num_viewers", "following"),
    *("is_age_verified", "is_mobile", "performer_has_fanclub", "allow_private_shows"),
    *("private_show_price", "private_min_minutes", "spy_private_show_price"),
    "satisfaction_score",
)
"""What is kept of a room's context: its other fields are of no use, or secret."""

PROFILE_FIELDS = (
    *("follower_count", "location", "real_name", "body_decorations", "body_type", "smoke_drink"),
    *("languages", "last_broadcast", "display_birthday", "display_age", "about_me", "wish_list"),
    *("sex", "subgender", "interested_in", "room_status", "fan_club_cost"),
    *("performer_has_fanclub", "photo_sets", "social_medias"),
)

PARTS = ("online", "offline", "online_again")
"""The parts of the followed list, in walking order. A room that goes online while the offline
part is read stands in neither; reading the online part again finds it."""


def shell(layout: site.Layout, moment: str, username: str = "") -> payload.Request:
    """Any signed-in page: who is signed in (it must be `username`), and the header's totals."""
    context: dict[str, str | int] = {"moment": moment}
    if username:
        context["username"] = username
    return payload.Request(url=layout.url("followed"), kind="shell", context=context)


def followed_totals(layout: site.Layout, moment: str) -> payload.Request:
    """How many rooms are followed; the page's header says it too should this be gone."""
    return payload.Request(
        url=layout.url("followed_totals"),
        kind="followed_totals",
        headers=XHR,
        context={"moment": moment},
        otherwise=(shell(layout, moment),),
    )


def room_list(layout: site.Layout, part: str, offset: int = 0) -> payload.Request:
    """One page of a part of the followed list as JSON; the HTML list if that is not there."""
    limit = layout.sizes["room_list"]
    endpoint = "room_list_offline" if part == "offline" else "room_list"
    return payload.Request(
        url=layout.url(endpoint, limit=limit, offset=offset),
        kind="room_list",
        headers=XHR,
        context={"part": part, "position": offset, "step": limit},
        otherwise=() if offset else (followed_html(layout, part),),
    )


def followed_html(layout: site.Layout, part: str, page: int = 1) -> payload.Request:
    """One page of a part of the followed list as the server writes it."""
    endpoint = "followed_offline" if part == "offline" else "followed_online"
    return payload.Request(
        url=layout.url(endpoint, page=page),
        kind="followed_html",
        context={"part": part, "position": page, "step": 1},
    )


def followed_loaded(layout: site.Layout, part: str, page: int = 1) -> payload.Request:
    """The same page loaded with its scripts, for the room list that these fetch."""
    plain = followed_html(layout, part, page)
    return payload.Request(
        url=plain.url,
        kind="followed_html",
        via="navigate",
        context=plain.context | {"loaded": page},
        capture={layout.endpoints["room_list"].partition("?")[0]: "room_list"},
    )


def followers(layout: site.Layout, page: int = 1) -> payload.Request:
    """One page of the account's followers."""
    return payload.Request(
        url=layout.url("followers", page=page),
        kind="followers_html",
        context={"part": "all", "position": page, "step": 1},
    )


def biocontext(layout: site.Layout, username: str, moment: str) -> payload.Request:
    """The follower count of the account's own profile; nothing else of it is kept."""
    name = plain_name(username)
    return payload.Request(
        url=layout.url("biocontext", username=name),
        kind="biocontext",
        headers=XHR | {"Referer": layout.url("profile", username=name)},
        context={"moment": moment},
        keep=("follower_count",),
    )


def room_context(layout: site.Layout, errand: site.Errand) -> payload.Request:
    """What the site knows of a room; of its many fields, some of them secret, few are kept."""
    room = plain_name(errand.target or errand.username)
    return payload.Request(
        url=layout.url("room_context", username=room),
        kind="room_context",
        headers=XHR | {"Referer": layout.url("room", room=room)},
        context={"room": room, "account": errand.username.lower()},
        keep=("broadcaster_username", "broadcaster_uid", "room_status"),
    )


def room_history(layout: site.Layout, asked: payload.Request, uid: str) -> payload.Request:
    """What lately passed in the room that `asked` is about."""
    topics = {f"{topic}#{topic}:{uid}": {"broadcaster_uid": uid} for topic in TOPICS}
    return payload.Request(
        url=layout.url("room_history"),
        kind="room_history",
        method="POST",
        headers=XHR,
        form={"topics": msgspec.json.encode(topics).decode()},
        csrf={"field:csrfmiddlewaretoken": "csrftoken"},
        context=asked.context,
    )


TOPICS = (
    "RoomMessageTopic",
    "RoomTipAlertTopic",
    "RoomPurchaseTopic",
    "RoomFanClubJoinedTopic",
)


def token_stats(layout: site.Layout, errand: site.Errand) -> payload.Request:
    """The newest page of the account's token history."""
    room = plain_name(errand.username)
    context: dict[str, str | int] = {"room": room}
    if errand.cursor and not errand.full:
        context["cursor"] = errand.cursor
    return payload.Request(
        url=layout.url("token_stats", room=room, max_id=""),
        kind="token_stats",
        headers=XHR,
        context=context,
    )


def token_stats_before(
    layout: site.Layout, asked: payload.Request, last: int, newest: int
) -> payload.Request:
    """The page of the token history that goes on from transaction `last`, which it repeats."""
    room = payload.context_text(asked, "room")
    return payload.Request(
        url=layout.url("token_stats", room=room, max_id=last),
        kind="token_stats",
        headers=XHR,
        context=asked.context | {"last": last, "newest": newest},
    )


def online_rooms(layout: site.Layout, offset: int = 0) -> payload.Request:
    """One page of the rooms that affiliates are shown: everybody who broadcasts, some left out."""
    limit = layout.sizes["online_rooms"]
    return payload.Request(
        url=layout.url("online_rooms", limit=limit, offset=offset),
        kind="online_rooms",
        via="http",
        headers=JSON,
        secrets={"query:wm": "{campaign}"},
        budget="affiliates",
        context={"offset": offset, "limit": limit},
    )


def stats(layout: site.Layout, username: str) -> payload.Request:
    """What the site counts for the account's own room; it counts anew every five minutes."""
    name = plain_name(username)
    return payload.Request(
        url=layout.url("stats", username=name),
        kind="stats",
        via="http",
        headers=JSON,
        secrets={"query:token": "{stats}"},
        budget="stats",
        context={"username": name},
    )


def room(layout: site.Layout, username: str, account: str) -> payload.Request:
    """A room as its page knows it, for `account`; nothing secret of it is kept."""
    return payload.Request(
        url=layout.url("room_context", username=username),
        kind="room",
        headers=XHR | {"Referer": layout.url("room", room=username)},
        context={"person": username, "account": account.lower()},
        keep=(*ROOM_FIELDS, *TROUBLE_FIELDS),
    )


def profile(layout: site.Layout, username: str) -> payload.Request:
    """What a profile says; without the profile's page as Referer the site denies that it exists."""
    return payload.Request(
        url=layout.url("biocontext", username=username),
        kind="profile",
        headers=XHR | {"Referer": layout.url("profile", username=username)},
        context={"person": username},
        keep=(*PROFILE_FIELDS, *TROUBLE_FIELDS),
    )


def image(layout: site.Layout, username: str, address: str) -> payload.Request | None:
    """The picture of a room, from wherever the site keeps it; None for no place to ask at.

    Asked for by `https`, or at the site's own address.
    """
    url = f"https:{address}" if address.startswith("//") else address
    own = f"{layout.base_url.rstrip('/')}/"
    if not url.startswith(("https://", own)):
        return None
    return payload.Request(
        url=url, kind="image", via="http", budget="images", context={"person": username}
    )


def plain_name(text: str) -> str:
    """Return a name as addresses hold it. Raises BadConfig if no name can be like this."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", text):
        raise errors.BadConfig("bad_request", f"{text!r} is no name of a room or user")
    return text.lower()
