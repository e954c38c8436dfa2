"""What any site may answer instead of its page: a throttle, trouble of its own, a bot check."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from scraper import errors, payload

LONGEST = 3600.0
"""Seconds; a site that asks for more is asked again after this."""


def heed(answer: payload.Payload, texts: Mapping[str, str], rest: float | None = None) -> None:
    """Raise the error that an answer's status, headers and plain text call for.

    `texts` are the layout's: `challenge_text`, `slow_down_text`; `rest` is how long (seconds) to
    wait after a throttle that does not say. Raises NeedsOperator `challenge`; TryLater
    `throttled`, `server_error`.
    """
    shown = is_page(answer) and holds(answer, texts["challenge_text"])  # not said in a chat
    if answer.headers.get("cf-mitigated") == "challenge" or shown:
        raise errors.NeedsOperator("challenge", url=answer.url)
    slow = answer.status == HTTPStatus.FORBIDDEN and holds(answer, texts["slow_down_text"])
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS or slow:
        raise throttled(answer, rest)
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise errors.TryLater(
            "server_error",
            f"the site answered {answer.status}",
            url=answer.url,
            retry_after=retry_after(answer),
        )


def throttled(answer: payload.Payload, rest: float | None = None) -> errors.TryLater:
    """Return the error that slows us down: as long as the answer says, else `rest` seconds."""
    wait = retry_after(answer)
    return errors.TryLater("throttled", url=answer.url, retry_after=rest if wait is None else wait)


def rejected(said: str, texts: Mapping[str, str], url: str) -> errors.NeedsOperator:
    """Return why a sign-in form came back, by what it says: `account_locked`, `bad_credentials`.

    The layout's `account_locked_text` holds words, separated by `|`, of which one is enough.
    """
    words = texts["account_locked_text"].lower().split("|")
    locked = any(word and word in said.lower() for word in words)
    return errors.NeedsOperator("account_locked" if locked else "bad_credentials", url=url)


def refuse(answer: payload.Payload) -> None:
    """Raise Refused or PageChanged for any status that is no success."""
    if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise errors.Refused("forbidden", f"the site answered {answer.status}", url=answer.url)
    if answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        raise errors.Refused("not_found", url=answer.url)
    if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        raise errors.PageChanged(
            "page_changed", f"the site answered {answer.status}", url=answer.url
        )


def retry_after(answer: payload.Payload) -> float | None:
    """Return the seconds the site asks us to wait, from 1 s to 1 h, or None."""
    header = answer.headers.get("retry-after", "").strip()
    if not header:
        return None
    if header.isdecimal() and header.isascii():
        seconds = float(header[:10])
    else:
        try:
            moment = parsedate_to_datetime(header)
        except ValueError:
            return None
        asked = moment.replace(tzinfo=moment.tzinfo or UTC)
        seconds = (asked - answer.fetched_at).total_seconds()
    return min(max(seconds, 1.0), LONGEST)


def holds(answer: payload.Payload, text: str) -> bool:
    """Whether the answer's bytes hold a text, letter for letter."""
    return bool(text) and text.encode() in answer.body


def is_page(answer: payload.Payload) -> bool:
    """Whether the answer is a web page rather than data."""
    return answer.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"
