"""The seam where an answer becomes a Payload: what is kept of it, and what never is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from scraper import payload, redact

HEADERS = ("content-type", "retry-after", "cf-mitigated", "x-inertia", "x-inertia-location")
"""The only response headers that parsers read, hence the only ones that are kept."""

BODY_LIMIT = 8 * 1024 * 1024
"""Bytes of a decoded body; more is no page of ours (`body_too_large`)."""

_SHORT = 2048


def answer(
    request: payload.Request,
    *,
    url: str,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
) -> payload.Payload:
    """Return what came back as a Payload: no secret in its URL, headers or body.

    `headers` carry lower-case names. Where the request names top-level keys to `keep`, nothing
    else of the body is in the Payload.
    """
    return payload.Payload(
        request=request,
        url=redact.url(url),
        status=status,
        body=redact.body(kept(body, request.keep)),
        fetched_at=datetime.now(UTC),
        headers={name: redact.url(headers[name]) for name in HEADERS if name in headers},
    )


def kept(body: bytes, keep: tuple[str, ...]) -> bytes:
    """Return the body with none but the top-level JSON keys in `keep`, or whole if that is empty.

    An answer that is no JSON object stays if it is a web page or a short text, so that sign-in
    forms, challenges and throttles are recognised; any other is dropped, because what cannot be
    read cannot be shown to be free of secrets.
    """
    if not keep:
        return body
    try:
        fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return body if _is_page_or_note(body) else b""
    return msgspec.json.encode({key: value for key, value in fields.items() if key in keep})


def _is_page_or_note(body: bytes) -> bool:
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<"):
        return True
    return len(body) <= _SHORT and not start.startswith((b"{", b"[", b'"'))
