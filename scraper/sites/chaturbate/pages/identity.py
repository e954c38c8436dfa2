"""Who is signed in and how long the lists are, as any signed-in page says beside its matter."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from models import records
from scraper import errors, html, json, payload, site

USERNAME = "logged_in_user.username"
TOTAL_FOLLOWED = "logged_in_user.total_followed"
FOLLOWED_COUNTS = "followed_counts.total"

Count = Annotated[int, msgspec.Meta(ge=0, le=10**9)]

_MARK = b"logged_in_user"
_LITERAL = re.compile(
    rb"logged_in_user[\"']?\s*:\s*JSON\.parse\(\s*'((?:[^'\\]++|\\.)*+)'", re.DOTALL
)
_ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|(.))|\"", re.DOTALL)
_COUNTS = re.compile(r"\(\s*[0-9]{1,9}\s*/\s*([0-9]{1,9})\s*\)")


class User(msgspec.Struct, frozen=True):
    """The page's own account of the signed-in user (`tsInstance`, confidence A)."""

    username: str
    total_followed: Count | None = None


def checks(page: html.Page, layout: site.Layout, moment: str) -> tuple[records.Check, ...]:
    """Return what the page says about the signed-in user; nothing if it is of an older make.

    Raises SignInAgain `signed_out` where the page says that nobody is signed in, and PageChanged
    where it cannot be understood.
    """
    user = _user(page, layout)
    if user is None:
        return ()
    found = [records.Check(source=USERNAME, moment=moment, value=user.username.lower())]
    if user.total_followed is not None:
        total = str(user.total_followed)
        found.append(records.Check(source=TOTAL_FOLLOWED, moment=moment, value=total))
    return tuple(found)


def shell(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read who is signed in, `total_followed` and the header's count, from any signed-in page.

    Signed-in markers of 2026, confidence A. Raises PageChanged `selector_missing` if the page
    names nobody, and NeedsOperator `wrong_user` if it names somebody else than the request does.
    """
    page = html.read(answer, layout.selectors["page_end_text"])
    moment = payload.context_text(answer.request, "moment")
    found = checks(page, layout, moment)
    if not found:
        html.one(page, layout.selectors["username"])
    _refuse_stranger(answer, found)
    total = followed_count(page, layout)
    if total is not None:
        found += (records.Check(source=FOLLOWED_COUNTS, moment=moment, value=str(total)),)
    return payload.Batch(records=found)


def followed_count(page: html.Page, layout: site.Layout) -> int | None:
    """Return how many rooms are followed as the header counts them ("(75/1346)"); it may lag."""
    counts = html.maybe(page, layout.selectors["followed_counts"])
    total = _COUNTS.search(counts.text()) if counts else None
    return int(total[1]) if total else None


def _refuse_stranger(answer: payload.Payload, found: tuple[records.Check, ...]) -> None:
    """Raise NeedsOperator `wrong_user` if the request says whose session it must be."""
    wanted = answer.request.context.get("username")
    if found and wanted and found[0].value != str(wanted).lower():
        raise errors.NeedsOperator(
            "wrong_user", f"signed in as {found[0].value}, not {wanted}", url=answer.url
        )


def _user(page: html.Page, layout: site.Layout) -> User | None:
    start = page.markup.find(_MARK)
    literal = _LITERAL.search(page.markup, start) if start >= 0 else None
    if literal is None:
        name = html.maybe(page, layout.selectors["username"])
        return User(name.text(strip=True)) if name and name.text(strip=True) else None
    text = json.decode(b'"' + _as_json(literal[1]) + b'"', str, page.url)
    if text.strip() == "null":
        raise errors.SignInAgain("signed_out", "the page is for nobody signed in", url=page.url)
    return json.decode(text.encode(), User, page.url)


def _as_json(literal: bytes) -> bytes:
    """Return the inside of a JavaScript text as the inside of a JSON text."""
    if any(mark in literal for mark in (b"\\x", b"\\'", b'"')):
        return _ESCAPE.sub(_json_escape, literal)
    return literal


def _json_escape(escape: re.Match[bytes]) -> bytes:
    """Turn an escape of a JavaScript text into the one JSON has for it."""
    if escape[1]:
        return b"\\u00" + escape[1]
    if escape[0] == b'"':
        return b'\\"'
    return escape[0] if escape[2] in b'bfnrtu"\\/' else escape[2]
