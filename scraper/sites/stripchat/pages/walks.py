"""Go through a list by offsets: where a page ends it, and where the list moved meanwhile."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from scraper import errors, payload

RESTARTS = 3


class Step(msgspec.Struct, frozen=True):
    """What comes next: the context of the next page, or of the first again; None at the end."""

    context: dict[str, str | int] | None
    again: bool = False


def step(answer: payload.Payload, marks: Sequence[str], total: int | None, limit: int) -> Step:
    """Return how the walk goes on after a page out of `total` rows; `marks` tell them apart.

    A list whose total changed is read from its start again. Without a total a short page is the
    last. Raises TryLater `list_shifted`, `empty_answer` and, for the page before once more,
    `wrong_page`.
    """
    context = dict(answer.request.context)
    offset, rows = int(context.get("offset", 0)), len(marks)
    before = context.get("total")
    if before is not None and total is not None and int(before) != total:
        return Step(_restarted(answer, context), again=True)
    if rows and context.get("first") == marks[0]:
        raise errors.TryLater("wrong_page", f"the page at {offset} came before", url=answer.url)
    reached = offset + rows
    if (total is not None and reached >= total) or (total is None and rows and rows < limit):
        return Step(None)
    if not rows and (total is not None or not offset):
        known = "an unknown number" if total is None else str(total)
        message = f"no rows from {offset} on, of {known}"
        raise errors.TryLater("empty_answer", message, url=answer.url)
    if not rows:
        return Step(None)
    if total is not None:
        context["total"] = total
    return Step(context | {"offset": reached, "first": marks[0]})


def _restarted(answer: payload.Payload, context: dict[str, str | int]) -> dict[str, str | int]:
    restarts = int(context.get("restarts", 0)) + 1
    if restarts > RESTARTS:
        raise errors.TryLater("list_shifted", url=answer.url)
    for name in ("total", "first"):
        context.pop(name, None)
    return context | {"offset": 0, "restarts": restarts}
