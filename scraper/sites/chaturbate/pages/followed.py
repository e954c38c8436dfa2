"""The followed list: as JSON, and as the page that the server writes.

A dead session silently gets the whole site instead of the followed rooms, so every row must say
that it is followed; one that does not is never a member.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

import msgspec

from models import records
from scraper import errors, html, json, payload, site
from scraper.sites.chaturbate import endpoints
from scraper.sites.chaturbate.pages import identity, names, pager

_NUMBER = re.compile(r"[0-9]{1,9}")


class Totals(msgspec.Struct, frozen=True):
    """`online_followed_rooms` (confidence A)."""

    total: identity.Count


class Room(msgspec.Struct, frozen=True):
    """A row of the room list (confidence B)."""

    username: str
    is_following: bool


class RoomList(msgspec.Struct, frozen=True):
    """A page of the room list (confidence B)."""

    rooms: Annotated[list[Room], msgspec.Meta(max_length=10_000)]
    total_count: identity.Count


def totals(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read how many rooms are followed, online and offline together."""
    del layout
    total = json.read(answer, Totals).total
    moment = payload.context_text(answer.request, "moment")
    check = records.Check(source="online_followed_rooms.total", moment=moment, value=str(total))
    return payload.Batch(records=(check,))


def room_list(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read one page of a part of the followed list, room-list JSON, confidence B.

    Pages are short where the site filters after cutting: the next offset is a limit further, and
    only the declared total ends the part. Raises SignInAgain `follow_filter_ignored`.
    """
    listing = json.read(answer, RoomList)
    place = _place(answer.request)
    if place is None:
        return payload.Batch()
    if listing.total_count > layout.sizes["rows_at_most"]:
        raise errors.PageChanged(
            "page_changed", f"total_count {listing.total_count} cannot be", url=answer.url
        )
    strangers = [room.username for room in listing.rooms if not room.is_following]
    if strangers:
        raise _not_followed(strangers, answer.url)
    offset, limit = place
    ended = offset + limit >= listing.total_count
    page = records.ListPage(
        part=payload.context_text(answer.request, "part"),
        position=offset,
        step=limit,
        rows=len(listing.rooms),
        declared=listing.total_count,
        end=f"{offset} + {limit} rows reach the total of {listing.total_count}" if ended else None,
    )
    return payload.Batch(
        records=(page, *_members([room.username for room in listing.rooms], answer.url)),
        leads=() if ended else (_next(answer.request, layout, offset + limit),),
    )


def _place(request: payload.Request) -> tuple[int, int] | None:
    """Return offset and limit; None for a list that a loaded page fetched for something else."""
    if "loaded" not in request.context:
        number = payload.context_number
        return number(request, "position"), number(request, "step")
    query = parse_qs(urlsplit(request.url).query)
    offline = query.get("offline") == ["true"]
    wanted = payload.context_text(request, "part") == "offline"
    if query.get("follow") != ["true"] or offline != wanted:
        return None
    offset, limit = query.get("offset", ["0"])[0], query.get("limit", [""])[0]
    if not (_NUMBER.fullmatch(offset) and _NUMBER.fullmatch(limit) and int(limit)):
        raise errors.PageChanged(
            "page_changed", "the page's own room list names no limit", url=request.url
        )
    return int(offset), int(limit)


def _next(request: payload.Request, layout: site.Layout, offset: int) -> payload.Request:
    part = payload.context_text(request, "part")
    if "loaded" in request.context:
        page = payload.context_number(request, "loaded")
        return endpoints.followed_loaded(layout, part, page + 1)
    return endpoints.room_list(layout, part, offset)


def _not_followed(strangers: list[str], url: str) -> errors.SignInAgain:
    return errors.SignInAgain(
        "follow_filter_ignored",
        f"{len(strangers)} rows are not followed, {strangers[0][:80]!r} the first of them",
        url=url,
    )


def _members(usernames: Sequence[str], url: str) -> Iterator[records.Member]:
    unique = dict.fromkeys(names.usernames(usernames, url))
    return (records.Member(username=name, role="model") for name in unique)


def followed_html(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read one page of a part of the followed list, variants H1 (A) and H2 (A, B).

    Only the list itself is read: not the header's dropdown, not recommendations, not promoted
    rows unless they are followed. A shell without rows is loaded again with its scripts, and then
    only the room list that these fetch counts.
    """
    if "loaded" in answer.request.context:
        return payload.Batch()
    page = html.read(answer, layout.selectors["page_end_text"])
    found = _list(page, layout)
    usernames = _followed(page, layout, found) if found else []
    place = pager.place(page, layout)
    part, position = pager.standing(answer, place)
    if not usernames and not html.maybe(page, layout.selectors["no_results"]):
        if place is None and _is_shell(answer, page, layout):
            return payload.Batch(leads=(endpoints.followed_loaded(layout, part, position),))
        if position == 1 or found is None:
            _refuse_rowless(page, layout, place)
    end, goes_on = pager.verdict(page, layout, place, position, len(usernames))
    stated = records.ListPage(part=part, position=position, step=1, rows=len(usernames), end=end)
    said = identity.checks(page, layout, f"{part}:{position}")
    return payload.Batch(
        records=(stated, *said, *_members(usernames, answer.url)),
        leads=(endpoints.followed_html(layout, part, position + 1),) if goes_on else (),
    )


def _list(page: html.Page, layout: site.Layout) -> html.Node | None:
    """Return the list that the page is about. Raises PageChanged for more than one."""
    lists = html.all_of(page, layout.selectors["followed_list"])
    ours = [found for found in lists if not pager.is_apart(found, layout)]
    if len(ours) > 1:
        raise errors.PageChanged("page_changed", f"{len(ours)} lists on the page", url=page.url)
    return ours[0] if ours else None


def _followed(page: html.Page, layout: site.Layout, found: html.Node) -> list[str]:
    """Return the username of every row of a list that belongs to it, duplicates included."""
    marks = html.all_of(page, layout.selectors["following"], found)
    links = html.all_of(page, layout.selectors["followed_name"], found)
    named = [link.attributes.get("data-room") or "" for link in links]
    if named == _slugs(marks) and len(named) == sum(1 for _ in found.iter()):
        return named
    rows = html.all_of(page, layout.selectors["followed_row"], found)
    others = html.all_of(page, layout.selectors["not_following"], found)
    if len(rows) != len(marks) + len(others):
        raise errors.PageChanged(
            "selector_missing",
            f"{len(rows)} rows but {len(marks) + len(others)} marks of following",
            url=page.url,
        )
    strangers = _slugs(mark for mark in others if not _promoted(page, layout, mark, rows))
    if strangers:
        pager.refuse_language(page, layout)
        raise _not_followed(strangers, page.url)
    if sorted(named) != sorted(_slugs([*marks, *others])):
        raise errors.PageChanged(
            "page_changed", "rows and their marks of following name different rooms", url=page.url
        )
    return _slugs(marks)


def _slugs(marks: Iterable[html.Node]) -> list[str]:
    return [mark.attributes.get("data-slug") or "" for mark in marks]


def _promoted(page: html.Page, layout: site.Layout, mark: html.Node, rows: list[html.Node]) -> bool:
    """Whether the row around a mark was put in for money: by its class, call or label."""
    row = html.around(mark, html.by_place(rows))
    if row is None:
        return False
    if html.maybe(page, layout.selectors["promoted"], row):
        return True
    text = layout.selectors["promoted_text"].lower()
    label = html.maybe(page, layout.selectors["label"], row)
    said = (row.attributes.get("onmousedown"), label and label.text(strip=True))
    return any(text in words.lower() for words in said if words)


def _is_shell(answer: payload.Payload, page: html.Page, layout: site.Layout) -> bool:
    """Whether scripts still have to fill the page: its place is there, and nobody in it."""
    root = html.maybe(page, layout.selectors["list_root"])
    live = answer.request.via == "page_fetch"
    return live and root is not None and not html.maybe(page, layout.selectors["entry"], root)


def _refuse_rowless(page: html.Page, layout: site.Layout, place: pager.Place | None) -> None:
    """Raise for a page without rows or a word that there are none."""
    entries = html.all_of(page, layout.selectors["entry"])
    if not all(pager.is_apart(entry, layout) for entry in entries):
        html.one(page, layout.selectors["followed_list"])
    if html.maybe(page, layout.selectors["reload_message"]):
        raise errors.TryLater("server_error", "the page could not load its rooms", url=page.url)
    if identity.followed_count(page, layout):
        raise pager.no_rows(page, layout, "entry")
    pager.refuse_rowless(page, layout, place, "entry")
