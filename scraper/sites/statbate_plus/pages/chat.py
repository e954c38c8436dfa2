"""The chat of a room between two moments, page by page.

Rows have no id. A row's key is its second, a mark of who said what, and its number among equals of
that second; the numbers go on over a page's edge, so that equal messages stay apart wherever the
pages are cut.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import UTC, datetime
from http import HTTPStatus

import msgspec

from models import records
from scraper import errors, json, payload, site
from scraper.sites.statbate_plus import endpoints
from scraper.sites.statbate_plus.pages import inertia, paginator, shifts

SOURCE = "statbate_plus.chat"

RELOADS = 3
RESTARTS = 3


def chat_page(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read one page of a room's chat (row fields confidence M, page object a model).

    The last page states the Cursor if the walk closes a window; an empty window is only believed
    with a total of 0. A page of a new version (409) is loaded again; a list whose total changed is
    read from its start again. Raises TryLater `site_updating`, `list_shifted`, `wrong_page` and
    `empty_answer`.
    """
    if answer.status == HTTPStatus.CONFLICT:
        return payload.Batch(leads=(_reloaded(answer),))
    page = inertia.read(answer, layout)
    inertia.user(answer, page, layout)
    messages = _messages(answer, page, layout)
    known = paginator.facts(messages)
    if _total_changed(answer.request, known) or shifts.happened(answer.request, messages.data):
        return payload.Batch(leads=(_restarted(answer, layout),))
    number = payload.context_number(answer.request, "page")
    changes = paginator.following(messages, known, number, answer.url)
    _refuse_gaps(answer, messages, known, changes is None)
    acts, equals = _acts(answer, messages)
    first_key = acts[0].key if acts else None
    if lead := shifts.check(answer.request, messages.data, first_key):
        return payload.Batch(leads=(lead,))
    if changes is None:
        proved = bool(acts) or known.total == 0
        closes = answer.request.context.get("closes") if proved else None
        cursor = (records.Cursor(value=str(closes)),) if closes else ()
        return payload.Batch(records=(*acts, *cursor))
    context = _kept(answer.request)
    context |= {"page": number + 1, "equals": equals, "edge": acts[-1].at.isoformat()}
    context |= shifts.marks(answer.request, messages.data, known)
    if known.total is not None:
        context["total"] = known.total
    lead = endpoints.next_page(answer.request, changes, str(page.version or ""), context)
    return payload.Batch(records=acts, leads=(lead,))


def _messages(
    answer: payload.Payload, page: inertia.PageObject, layout: site.Layout
) -> paginator.Paginator:
    name = layout.selectors["messages_property"]
    raw = page.props.get(name)
    if raw is None:
        raise errors.PageChanged("selector_missing", f"no props.{name}", url=answer.url)
    return json.decode(bytes(raw), paginator.Paginator, answer.url, f"props.{name}", strict=False)


def _reloaded(answer: payload.Payload) -> payload.Request:
    if int(answer.request.context.get("reloads", 0)) >= RELOADS:
        raise errors.TryLater("site_updating", url=answer.url)
    return endpoints.reloaded(answer.request)


def _total_changed(request: payload.Request, known: paginator.Facts) -> bool:
    before = request.context.get("total")
    return before is not None and known.total is not None and known.total != before


def _kept(request: payload.Request) -> dict[str, str | int]:
    return {name: value for name, value in request.context.items() if name in shifts.KEPT}


def _restarted(answer: payload.Payload, layout: site.Layout) -> payload.Request:
    """Return the first page again: rows have moved from page to page behind the walk."""
    restarts = int(answer.request.context.get("restarts", 0)) + 1
    if restarts > RESTARTS:
        raise errors.TryLater("list_shifted", url=answer.url)
    context = _kept(answer.request)
    return endpoints.first_page(layout, context | {"page": 1, "restarts": restarts})


def _refuse_gaps(
    answer: payload.Payload, page: paginator.Paginator, known: paginator.Facts, last: bool
) -> None:
    """Raise for a page that is not the one asked for, or holds fewer rows than it must."""
    number = payload.context_number(answer.request, "page")
    if known.current_page not in {None, number}:
        raise errors.TryLater(
            "wrong_page", f"page {known.current_page} came for page {number}", url=answer.url
        )
    rows = len(page.data)
    if not rows and (number > 1 or known.total or not last):
        raise errors.TryLater("empty_answer", f"page {number} is empty", url=answer.url)
    due = known.per_page
    if due is not None and last:
        due = known.total - (number - 1) * due if known.total is not None else None
    if due is not None and rows != due:
        raise errors.TryLater(
            "wrong_page", f"{rows} rows on page {number}, {due} were due", url=answer.url
        )


def _acts(
    answer: payload.Payload, page: paginator.Paginator
) -> tuple[tuple[records.Interaction, ...], str]:
    """Return the page's messages, and the counts of equals that the next page must know."""
    context = answer.request.context
    equals = Counter(msgspec.json.decode(str(context.get("equals", "{}")), type=dict[str, int]))
    acts = []
    for row in page.data:
        at = _moment(row.time, answer.url)
        said = f"{row.sender or ''}\0{row.message or ''}".encode("utf-8", "replace")
        mark = f"{at:%Y%m%dT%H%M%S}-{hashlib.sha256(said).hexdigest()[:16]}"
        acts.append(_act(answer, row, at, f"{mark}-{equals[mark]}"))
        equals[mark] += 1
    _refuse_disorder(answer, acts)
    last = f"{acts[-1].at:%Y%m%dT%H%M%S}-" if acts else ""
    carried = {mark: count for mark, count in equals.items() if mark.startswith(last)}
    return tuple(acts), msgspec.json.encode(carried).decode()


def _act(
    answer: payload.Payload, row: paginator.Row, at: datetime, key: str
) -> records.Interaction:
    return records.Interaction(
        source=SOURCE,
        room=payload.context_text(answer.request, "room"),
        key=key,
        at=at,
        kind="chat",
        username=(row.sender or "").strip().lower() or None,
        text=row.message or None,
    )


def _refuse_disorder(answer: payload.Payload, acts: list[records.Interaction]) -> None:
    """Raise for a page that goes back over what the one before showed."""
    text = answer.request.context.get("edge")
    if text is None or not acts:
        return
    edge, first, last = datetime.fromisoformat(str(text)), acts[0].at, acts[-1].at
    if first < min(edge, last) or first > max(edge, last):
        raise errors.TryLater(
            "wrong_page", "the page does not go on where the one before ended", url=answer.url
        )


def _moment(text: str, url: str) -> datetime:
    """Return the instant of a time that was asked for in UTC."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise errors.PageChanged("page_changed", f"{text[:60]!r} is no time", url=url) from error
