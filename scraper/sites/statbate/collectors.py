"""What can be collected from Statbate Premium: pure functions from errands to first requests."""

from __future__ import annotations

import functools
from collections.abc import Callable

from scraper import errors, payload, site
from scraper.sites.statbate import endpoints

Start = Callable[[site.Errand, site.Layout], tuple[payload.Request, ...]]

_TOKENS = ("api",)


def _members(errand: site.Errand, layout: site.Layout) -> tuple[payload.Request, ...]:
    return endpoints.member_batches(layout, _whom(errand))


def _models(errand: site.Errand, layout: site.Layout) -> tuple[payload.Request, ...]:
    about: endpoints.Context = {"site": endpoints.HOME, "polled": 1}
    window = about | endpoints.whole_days(layout, errand)
    return tuple(
        endpoints.ask(layout, "model_info", window | {"room": name}) for name in _whom(errand)
    )


def _whom(errand: site.Errand) -> tuple[str, ...]:
    """Return whom to ask about, as Statbate spells them."""
    return tuple(dict.fromkeys(name.lower() for name in errand.people if endpoints.is_name(name)))


def _room(errand: site.Errand, layout: site.Layout) -> tuple[payload.Request, ...]:
    context = endpoints.about(errand, "room") | endpoints.whole_days(layout, errand)
    kinds = ("model_info", "model_activity", "model_sessions", "model_members", "model_rank")
    return tuple(endpoints.ask(layout, kind, context) for kind in kinds)


def _viewers(errand: site.Errand, layout: site.Layout) -> tuple[payload.Request, ...]:
    return (endpoints.ask(layout, "room_users", endpoints.about(errand, "room")),)


def _tips(errand: site.Errand, layout: site.Layout) -> tuple[payload.Request, ...]:
    about = endpoints.about(errand, "room")
    past = endpoints.history(layout, errand, endpoints.FIRST_TIPS, str(about["site"]))
    return (endpoints.ask(layout, "model_tips", about | past | {"page": 1}),)


def _chat(errand: site.Errand, layout: site.Layout) -> tuple[payload.Request, ...]:
    about = endpoints.about(errand, "room")
    past = endpoints.history(layout, errand, endpoints.FIRST_CHAT, str(about["site"]))
    return (endpoints.ask(layout, "model_chat", about | past | {"page": 0}),)


def _member(errand: site.Errand, layout: site.Layout) -> tuple[payload.Request, ...]:
    about = endpoints.about(errand, "member")
    sums = about | endpoints.whole_days(layout, errand)
    past = about | endpoints.lately(layout, errand) | {"page": 1}
    return (
        endpoints.ask(layout, "member_info", about),
        endpoints.ask(layout, "top_models", sums),
        endpoints.ask(layout, "member_tags", sums | {"page": 1}),
        endpoints.ask(layout, "member_activity", sums),
        endpoints.ask(layout, "member_tips", past),
        endpoints.ask(layout, "member_chat", past),
    )


def _search(errand: site.Errand, layout: site.Layout) -> tuple[payload.Request, ...]:
    platform, words = endpoints.split(errand.target or errand.username)
    asked = endpoints.filters(words)
    if not any(asked.values()):
        raise errors.BadConfig("bad_request", "nothing to search for")
    context = endpoints.lately(layout, errand) | {"site": platform, "page": 1}
    return (endpoints.search(layout, context | {"filters": endpoints.written(asked)}),)


def _rankings(errand: site.Errand, layout: site.Layout) -> tuple[payload.Request, ...]:
    about: endpoints.Context = {"site": _platform(errand)}
    window = about | endpoints.whole_days(layout, errand) | {"page": 1}
    lists = (endpoints.ask(layout, kind, window) for kind in ("models", "members", "tags"))
    return (*lists, endpoints.ask(layout, "tag_search", about | {"query": ""}))


def _online(errand: site.Errand, layout: site.Layout) -> tuple[payload.Request, ...]:
    return (endpoints.ask(layout, "members_online", {"site": _platform(errand)}),)


def _platform(errand: site.Errand) -> str:
    """Return the platform that the errand's target is, the home platform if it is none."""
    return errand.target if errand.target in endpoints.PLATFORMS else endpoints.HOME


_collector = functools.partial(site.Collector, way="http", tokens=_TOKENS)

COLLECTORS = (
    _collector(
        name="members",
        summary="What followed and watched viewers spent, a hundred a request.",
        start=_members,
        polls="viewers",
        source="statbate.members",
    ),
    _collector(
        name="models",
        summary="Rank, income and sessions of followed and watched models.",
        start=_models,
        polls="models",
        source="statbate.models",
    ),
    _collector(
        name="room",
        summary="A room's sums, broadcasts, sessions, audience and rank.",
        start=_room,
        targeted=True,
        source="statbate",
    ),
    _collector(
        name="viewers",
        summary="Who is in a room now.",
        start=_viewers,
        targeted=True,
        source="statbate",
    ),
    _collector(
        name="tips",
        summary="The tips in a room, from the last known moment on.",
        start=_tips,
        targeted=True,
        source="statbate.tips",
    ),
    _collector(
        name="chat",
        summary="What was said in a room, from the last known moment on.",
        start=_chat,
        targeted=True,
        source="statbate.chat",
    ),
    _collector(
        name="member",
        summary="All about one member: sums, models, tags, habits, tips, messages.",
        start=_member,
        targeted=True,
        source="statbate",
    ),
    _collector(
        name="search",
        summary="Messages by words, room=NAME, sender=NAME text=WORDS.",
        start=_search,
        targeted=True,
        source="statbate.chat",
    ),
    _collector(
        name="rankings",
        summary="The first places among models, members and tags.",
        start=_rankings,
        sweeps=True,
        source="statbate",
    ),
    _collector(
        name="online",
        summary="Which members are online, and what they spend.",
        start=_online,
        sweeps=True,
        source="statbate",
    ),
)
