"""The rooms that the account favours (three readers, confidence M).

A session whose token is not sent gets 200 and an empty list; so an empty page proves nothing by
itself. How many there are is counted in the list of ids, which is another answer.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from models import records
from scraper import errors, json, payload, site
from scraper.sites.stripchat import endpoints, names
from scraper.sites.stripchat.pages import values

TOTAL = "favorite_ids.total"
SECOND_TOTAL = "favorites.total"

Count = Annotated[int, msgspec.Meta(ge=0, le=10**9)]


class Model(msgspec.Struct, frozen=True):
    """A row; whether it is in a show is asked elsewhere."""

    id: values.Id
    username: str


class Page(msgspec.Struct, frozen=True, rename="camel"):
    """A page of a part."""

    models: Annotated[list[Model], msgspec.Meta(max_length=10_000)]
    total_count: Count


class Ids(msgspec.Struct, frozen=True, rename="camel"):
    """The ids of all favourites."""

    model_ids: Annotated[list[values.Id], msgspec.Meta(max_length=1_000_000)]


def favorites(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read one page of a part of the favourites; only the declared total ends a part."""
    page = json.read(answer, Page)
    if page.total_count > layout.sizes["rows_at_most"]:
        raise errors.PageChanged(
            "page_changed", f"totalCount {page.total_count} cannot be", url=answer.url
        )
    part = payload.context_text(answer.request, "part")
    offset = payload.context_number(answer.request, "position")
    step = payload.context_number(answer.request, "step")
    ended = offset + step >= page.total_count
    fact = records.ListPage(
        part=part,
        position=offset,
        step=step,
        rows=len(page.models),
        declared=page.total_count,
        end=f"{offset} + {step} rows reach the total of {page.total_count}" if ended else None,
    )
    people = {str(values.number(row.id, answer.url)): row for row in page.models}
    stated: list[records.Record] = [fact]
    for own, row in people.items():
        name = names.username(row.username, answer.url)
        stated.append(records.Member(username=name, role="model"))
        stated.append(records.StableId(username=name, kind="id", value=own))
    leads = () if ended else (endpoints.favorites(layout, part, offset + step),)
    return payload.Batch(records=tuple(stated), leads=leads)


def total(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read how many rooms the main list declares: with or without those offline, who knows."""
    del layout
    count = json.read(answer, Page).total_count
    return _check(answer, payload.context_text(answer.request, "source"), count)


def ids(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Count the ids of all favourites."""
    del layout
    found = {values.number(one, answer.url) for one in json.read(answer, Ids).model_ids}
    return _check(answer, TOTAL, len(found))


def _check(answer: payload.Payload, source: str, value: int) -> payload.Batch:
    moment = payload.context_text(answer.request, "moment")
    return payload.Batch(records=(records.Check(source=source, moment=moment, value=str(value)),))
