"""What may go wrong with a socket, named for its remedy."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from http import HTTPStatus

import websockets

from scraper import errors, payload, refusals
from scraper.fetch import answers

CHALLENGE = "<title>Just a moment...</title>"


@contextlib.contextmanager
def named(where: str) -> Iterator[None]:
    """Name every trouble for its remedy; no message of the library's own, for it shows the URL."""
    try:
        yield
    except TimeoutError:
        raise errors.TryLater("timed_out", url=where) from None
    except websockets.ConnectionClosed as error:
        raise _closed(error, where) from None
    except websockets.InvalidStatus as error:
        raise _refused(error.response, where) from None
    except (OSError, websockets.WebSocketException) as error:
        raise errors.TryLater("connection_lost", type(error).__name__, url=where) from None


@contextlib.contextmanager
def tokens_refused(tokens: Mapping[str, str]) -> Iterator[None]:
    """Call a refusal by what was refused: the account's tokens, where there are any."""
    try:
        yield
    except errors.Refused as error:
        if tokens:
            raise errors.NeedsOperator("token_refused", error.message, url=error.url) from None
        raise


def _closed(error: websockets.ConnectionClosed, where: str) -> errors.TryLater:
    if error.sent is not None and error.sent.code == websockets.CloseCode.MESSAGE_TOO_BIG:
        limit = answers.BODY_LIMIT
        return errors.TryLater("body_too_large", f"a frame of more than {limit} bytes", url=where)
    code = error.rcvd.code if error.rcvd is not None else "no close frame"
    return errors.TryLater("connection_lost", f"the site hung up: {code}", url=where)


def _refused(response: websockets.Response, where: str) -> errors.GreenroomError:
    """Return why the handshake was answered with a page."""
    headers = {name.lower(): value for name, value in response.headers.raw_items()}
    answer = answers.answer(
        payload.Request(url=where, kind="socket", via="socket"),
        url=where,
        status=response.status_code,
        headers=headers,
        body=bytes(response.body or b""),
    )
    try:
        refusals.heed(answer, {"challenge_text": CHALLENGE, "slow_down_text": ""})
        if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            refusals.refuse(answer)
    except errors.GreenroomError as error:
        return error
    message = f"the site answered {answer.status} instead of opening a socket"
    return errors.TryLater("connection_lost", message, url=where)
