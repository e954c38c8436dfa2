"""What was paid to the account: its transactions, and the sums by who paid (confidence M).

Rows come in two makes: today's tell who paid within `extra`, older ones beside the amount.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from models import records
from models.records import stripchat
from scraper import errors, json, payload, site
from scraper.sites.stripchat import endpoints, names
from scraper.sites.stripchat.pages import values, walks

SOURCE = "stripchat.transactions"

KINDS: Mapping[str, str] = {
    "tip": "tip",
    "private": "private_show",
    "cam2cam": "cam2cam",
    "ticket": "ticket_show",
    "group": "group_show",
    "spy": "spy_show",
    "fanclub": "fanclub",
    "content": "media_sale",
    "gift": "gift",
    "striptease": "striptease",
    "studio": "payout",
}
"""The site's types -> kinds; `studio` is the weekly payout and no tip. Anything else is `other`."""

PRIVATE = frozenset({"private_show", "cam2cam", "spy_show", "media_sale", "payout", "other"})


class Person(msgspec.Struct, frozen=True):
    """Who paid."""

    id: values.Id | None = None
    username: str | None = None


class Origin(msgspec.Struct, frozen=True):
    """Where a payment came from."""

    type: str | None = None
    user: Person | list[None] | None = None


class Tip(msgspec.Struct, frozen=True, rename="camel"):
    """What is known of a tip."""

    user: Person | list[None] | None = None
    is_anonymous: bool | None = None
    trigger_type: str | None = None


class Extra(msgspec.Struct, frozen=True, rename="camel"):
    """Today's make of a row's particulars."""

    source: Origin | list[None] | None = None
    tip_data: Tip | list[None] | None = None


class Row(msgspec.Struct, frozen=True, rename="camel"):
    """A transaction of either make."""

    id: values.Id
    type: str | None = None
    date: str | None = None
    tokens: values.Number | None = None
    extra: Extra | list[None] | None = None
    user_name: str | None = None
    user_id: values.Id | None = None
    source: str | None = None
    source_detail: str | None = None
    description: str | None = None
    created_at: str | None = None


class Page(msgspec.Struct, frozen=True, rename="camel"):
    """A page of transactions, under one of three names."""

    transactions: list[Row] | None = None
    items: list[Row] | None = None
    data: list[Row] | None = None
    number_of_transactions: int | None = None


_EITHER: Any = Page | list[Row]
"""Some readers met the rows alone."""


class Payer(msgspec.Struct, frozen=True, rename="camel"):
    """What somebody has paid in all."""

    user_id: values.Id | None = None
    username: str | None = None
    total_tokens: values.Number | None = None
    last_paid: str | None = None
    public_tip: values.Number | None = None
    private_tip: values.Number | None = None
    ticket_show: values.Number | None = None
    group_show: values.Number | None = None
    content: values.Number | None = None
    cam2cam: values.Number | None = None
    fan_club: values.Number | None = None
    spy: values.Number | None = None
    private: values.Number | None = None


class Payers(msgspec.Struct, frozen=True, rename="camel"):
    """A page of payers."""

    transactions: list[Payer]
    total_count: int


def transactions(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read one page of the account's transactions, and go on until the window's end.

    The last page states the Cursor if the walk closes the window. Raises TryLater `list_shifted`,
    `wrong_page` and `empty_answer`.
    """
    page: Page | list[Row] = json.read(answer, _EITHER)
    rows, total = (page, None) if isinstance(page, list) else _rows(page, answer.url)
    marks = [str(row.id) for row in rows]
    step = walks.step(answer, marks, total, layout.sizes["transactions"])
    acts = tuple(_act(row, answer) for row in rows) if not step.again else ()
    if step.context is None:
        closes = answer.request.context.get("closes")
        cursor = (records.Cursor(value=str(closes)),) if closes else ()
        return payload.Batch(records=(*acts, *cursor))
    uid = str(step.context["uid"])
    lead = endpoints.transactions(layout, uid, step.context)
    return payload.Batch(records=acts, leads=(lead,))


def payers(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read one page of the sums by who paid. Who is not named is left out.

    Raises TryLater `list_shifted`, `wrong_page` and `empty_answer`.
    """
    page = json.read(answer, Payers)
    marks = [f"{row.user_id} {row.username}" for row in page.transactions]
    step = walks.step(answer, marks, page.total_count, layout.sizes["payers"])
    stated = tuple(fact for row in page.transactions for fact in _sums(row, answer))
    if step.context is None:
        return payload.Batch(records=stated)
    lead = endpoints.payers(layout, str(step.context["uid"]), step.context)
    return payload.Batch(records=stated, leads=(lead,))


def _rows(page: Page, url: str) -> tuple[list[Row], int | None]:
    for rows in (page.transactions, page.items, page.data):
        if rows is not None:
            return rows, page.number_of_transactions
    raise errors.PageChanged("page_changed", "the answer holds no transactions", url=url)


def _act(row: Row, answer: payload.Payload) -> records.Interaction:
    extra = row.extra if isinstance(row.extra, Extra) else Extra()
    origin = extra.source if isinstance(extra.source, Origin) else Origin()
    tip = extra.tip_data if isinstance(extra.tip_data, Tip) else Tip()
    kind = KINDS.get((row.type or row.source or "").lower(), "other")
    at = values.moment(row.date or row.created_at, answer.url)
    if at is None:
        raise errors.PageChanged("page_changed", "a transaction has no date", url=answer.url)
    said = (row.description, row.source_detail)
    return records.Interaction(
        source=SOURCE,
        room=payload.context_text(answer.request, "room"),
        key=str(row.id),
        at=at,
        kind=kind,
        username=None if tip.is_anonymous or kind == "payout" else _who(row, origin, tip, answer),
        tokens=values.count(row.tokens, answer.url),
        text=": ".join(words.strip() for words in said if words and words.strip()) or None,
        private=kind in PRIVATE or "private" in (origin.type or "").lower(),
    )


def _who(row: Row, origin: Origin, tip: Tip, answer: payload.Payload) -> str | None:
    """Return who paid; nobody with the id 0 or without a name is anybody."""
    flat = Person(id=row.user_id, username=row.user_name)
    for person in (tip.user, origin.user, flat):
        if isinstance(person, Person) and (person.username or "").strip():
            if person.id is not None and values.number(person.id, answer.url) < 1:
                return None
            return names.username(str(person.username).strip(), answer.url)
    return None


def _sums(row: Payer, answer: payload.Payload) -> tuple[records.Record, ...]:
    url = answer.url
    own = values.count(row.user_id, url)
    if not (row.username or "").strip() or own == 0:
        return ()
    name = names.username(str(row.username).strip(), url)
    sums = stripchat.StripchatPayer(
        username=name,
        room=payload.context_text(answer.request, "room"),
        total_tokens=values.count(row.total_tokens, url),
        last_paid=values.moment(row.last_paid, url),
        public_tip=values.count(row.public_tip, url),
        private_tip=values.count(row.private_tip, url),
        ticket_show=values.count(row.ticket_show, url),
        group_show=values.count(row.group_show, url),
        content=values.count(row.content, url),
        cam2cam=values.count(row.cam2cam, url),
        fan_club=values.count(row.fan_club, url),
        spy=values.count(row.spy, url),
        private=values.count(row.private, url),
    )
    known = records.StableId(username=name, kind="id", value=str(own)) if own else None
    return (sums, known) if known else (sums,)
