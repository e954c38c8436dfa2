"""The signed-in user and the rooms they follow (`user/current`, confidence H for its time).

The list comes whole, in one answer and without a declared total. What proves it is that the same
list was as long before and after, that it is named (a guest has none), and that nothing was cut.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from models import records
from scraper import errors, json, payload, site
from scraper.sites.camsoda import names

USERNAME = "logged_in_user.username"
TOTAL = "user_current.following"


class Followed(msgspec.Struct, frozen=True):
    """A followed room."""

    followname: str


class User(msgspec.Struct, frozen=True):
    """What was kept of the signed-in user."""

    username: str | None = None
    following: Annotated[list[Followed], msgspec.Meta(max_length=1_000_000)] | None = None


class Current(msgspec.Struct, frozen=True):
    """The answer; `status` is false for a guest."""

    status: bool
    user: User | list[None] | None = None


def whoami(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read who is signed in.

    Raises SignInAgain `signed_out` for a guest, NeedsOperator `wrong_user` for somebody else than
    the request names, PageChanged for an answer that names nobody.
    """
    user = _user(answer, layout)
    if not user.username:
        raise errors.PageChanged("selector_missing", "no user.username", url=answer.url)
    name, wanted = names.username(user.username, answer.url), answer.request.context.get("username")
    if wanted and name != str(wanted).lower():
        raise errors.NeedsOperator(
            "wrong_user", f"signed in as {name}, not {wanted}", url=answer.url
        )
    moment = payload.context_text(answer.request, "moment")
    return payload.Batch(records=(records.Check(source=USERNAME, moment=moment, value=name),))


def total(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Count the rooms of the list as it is now."""
    moment = payload.context_text(answer.request, "moment")
    value = str(len(set(_following(answer, layout))))
    return payload.Batch(records=(records.Check(source=TOTAL, moment=moment, value=value),))


def followed(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read the followed rooms. The site declares no total, so none is stated."""
    found = _following(answer, layout)
    page = records.ListPage(
        part=payload.context_text(answer.request, "part"),
        position=payload.context_number(answer.request, "position"),
        step=payload.context_number(answer.request, "step"),
        rows=len(found),
        end=f"the whole list is one answer of {len(found)} rows",
    )
    people = [records.Member(username=name, role="model") for name in dict.fromkeys(found)]
    return payload.Batch(records=(page, *people))


def _following(answer: payload.Payload, layout: site.Layout) -> list[str]:
    rows = _user(answer, layout).following
    if rows is None:
        raise errors.PageChanged("selector_missing", "no user.following", url=answer.url)
    return [names.username(row.followname, answer.url) for row in rows]


def _user(answer: payload.Payload, layout: site.Layout) -> User:
    current = json.read(answer, Current)
    user = current.user
    if not current.status or not isinstance(user, User):
        raise errors.SignInAgain("signed_out", "the answer is for a guest", url=answer.url)
    if (user.username or "").lower().startswith(layout.selectors["guest_text"]):
        raise errors.SignInAgain("signed_out", f"{user.username} is a guest", url=answer.url)
    return user
