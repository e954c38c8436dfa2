"""Where to look on Camsoda: pure functions from what is wanted to a Request."""

from __future__ import annotations

from urllib.parse import quote

from scraper import payload, site

JSON = {"Accept": "application/json"}

PARTS = ("all",)
"""The followed list is one answer, online and offline."""

_PROFILE = ("status", "user.username")


def whoami(layout: site.Layout, moment: str, username: str = "") -> payload.Request:
    """Who is signed in (it must be `username`). The chat's token in the answer is not kept."""
    context: dict[str, str | int] = {"moment": moment}
    if username:
        context["username"] = username.lower()
    return payload.Request(
        url=layout.url("user"), kind="whoami", headers=JSON, context=context, keep=_PROFILE
    )


def followed_total(layout: site.Layout, moment: str) -> payload.Request:
    """How many rooms are followed: the length of the list, read beside it."""
    return payload.Request(
        url=layout.url("user"),
        kind="followed_total",
        headers=JSON,
        context={"moment": moment},
        keep=("status", "user.username", "user.following"),
    )


def followed(layout: site.Layout) -> payload.Request:
    """The followed rooms, all in one answer."""
    return payload.Request(
        url=layout.url("user"),
        kind="followed",
        headers=JSON,
        context={"part": "all", "position": 1, "step": 1},
        keep=("status", "user.username", "user.following"),
    )


def live_tips(layout: site.Layout, username: str) -> payload.Request:
    """What happens in a room, over the chat's socket."""
    return payload.Request(
        url=layout.url("room", username=quote(username, safe="")),
        kind="live_tips",
        via="socket",
        context={"room": username.lower()},
    )


def guest(layout: site.Layout) -> payload.Request:
    """Who a guest is to the chat, and their ticket for it: never kept."""
    return payload.Request(url=layout.url("user"), kind="guest", via="http", headers=JSON)


def react(layout: site.Layout, username: str) -> payload.Request:
    """What anybody sees of a room; the stream's token and addresses are not kept."""
    return payload.Request(
        url=layout.url("react", username=quote(username.lower(), safe="")),
        kind="react",
        via="http",
        headers=JSON,
        context={"username": username.lower()},
        keep=(
            *("error", "chat.status", "mode", "stream.status", "stream.message"),
            *("user.profilePictureUrl", "user.offlinePictureUrl", "user.follower"),
            *("userBio", "tagListNew"),
        ),
    )


def online(layout: site.Layout, gender: str, page: int = 1, seen: int = 0) -> payload.Request:
    """A page of the rooms of one gender that are online; `seen` were on the pages before."""
    return payload.Request(
        url=layout.url("online", page=page, gender=quote(gender, safe="")),
        kind="online",
        via="http",
        headers=JSON,
        context={"gender": gender, "page": page, "seen": seen},
        keep=("template", "results", "count_total"),
    )
