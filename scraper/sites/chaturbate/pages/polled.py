"""What the site says instead of a room or profile that was asked for (confidence A)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import msgspec

from models import records
from scraper import payload, site

PICTURE = "image"
GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
OUTCOMES: Mapping[int, str] = {
    HTTPStatus.UNAUTHORIZED: "password",
    HTTPStatus.FORBIDDEN: "denied",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.GONE: "not_found",
}


class Trouble(msgspec.Struct, frozen=True):
    """The error shape of the room interfaces."""

    detail: str
    code: str = ""


def speaks_of_person(answer: payload.Payload) -> bool:
    """Whether an answer says something of the person who was asked about: not there, or closed.

    A 404 does whatever its form; 401 and 403 only in the interfaces' own words, for without these
    they may be meant for us. Pictures are asked for by nobody in particular, and have no words.
    """
    if "person" not in answer.request.context or answer.status not in OUTCOMES:
        return False
    always = answer.status in GONE or answer.request.kind == PICTURE
    return always or _trouble(answer) is not None


def outcome(answer: payload.Payload, layout: site.Layout, source: str) -> payload.Batch | None:
    """Return what is to be noted of a person who cannot be shown; None if the answer shows them.

    Who is said to be gone in the interfaces' own words is left alone for a while. Any other 404 may
    be of an address that moved: then they are asked about again as ever.
    """
    said = OUTCOMES.get(answer.status)
    if said is None:
        return None
    worded = _trouble(answer) is not None
    rest = layout.sizes["gone_rest_hours"] * 3600.0 if worded and answer.status in GONE else 0.0
    if not worded and answer.status not in GONE:
        said = "denied"
    return payload.Batch(records=(noted(answer, source, said, rest),))


def noted(
    answer: payload.Payload, source: str, said: str = "ok", rest: float = 0.0
) -> records.Polled:
    """Return that the person of this request was asked about."""
    person = payload.context_text(answer.request, "person")
    return records.Polled(username=person, source=source, outcome=said, rest=rest)


def _trouble(answer: payload.Payload) -> Trouble | None:
    try:
        return msgspec.json.decode(answer.body, type=Trouble)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
