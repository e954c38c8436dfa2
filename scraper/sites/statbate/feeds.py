"""What Statbate tells of as it happens: larger tips over a socket, and its webhooks.

The socket carries only tips of 50 tokens and more, and webhooks what was chosen at Statbate's site:
neither is an income.
"""

from __future__ import annotations

from scraper import errors, payload, site
from scraper.sites.statbate import endpoints, listening

CHANNELS = ("chaturbate", "bongacams", "stripchat", "camsoda", "mfc")
"""Platforms that can be listened to (confidence M)."""


def live(errand: site.Errand, layout: site.Layout) -> payload.Request:
    """The tips in the target's rooms (`[PLATFORM/]ROOM[,ROOM…]`), else in the account's own.

    Raises BadConfig for a platform without a channel, and for what is no name.
    """
    platform, names = endpoints.split(errand.target or errand.username)
    rooms = [name.strip().lower() for name in names.split(",")]
    if platform not in CHANNELS or not all(map(endpoints.is_name, rooms)):
        raise errors.BadConfig("bad_request", f"{errand.target!r} names no rooms to listen to")
    return payload.Request(
        url="ws" + layout.url("live").removeprefix("http"),
        kind="live",
        via="socket",
        secrets={"query:api_key": "{socket}"},
        context={"site": platform, "rooms": ",".join(rooms)},
    )


def rooms(target: str | None, username: str) -> tuple[str | None, ...]:
    """Return each room of a target by itself, as histories are asked for them."""
    platform, names = endpoints.split(target or username)
    return tuple(f"{platform}/{name.strip().lower()}" for name in names.split(","))


def webhook(errand: site.Errand, layout: site.Layout) -> payload.Request:
    """What somebody sends us in Statbate's name: the secret in our path shows who it is."""
    context: dict[str, str | int] = {"room": errand.username.lower()}
    return payload.Request(
        url=layout.url("home"), kind="webhook", via="pushed", method="POST", context=context
    )


FEEDS = (
    site.Feed(
        name="live",
        summary="Tips of 50 tokens and more in rooms of a platform, as they are given.",
        start=live,
        way="socket",
        talk=listening.Listening,
        tokens=("socket",),
        fills=("tips",),
        rooms=rooms,
    ),
    site.Feed(
        name="webhook",
        summary="Tips that Statbate's webhooks tell of (model.tip, member.first_tip).",
        start=webhook,
        way="pushed",
        tokens=("webhook",),
        keeps=True,
        fills=("tips",),
        rooms=rooms,
        beside="only the account's own room is read: webhooks do not say for which rooms they are",
    ),
)
