"""The seam where an answer becomes a Payload: what is kept of it, and what never is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from scraper import json, payload, redact

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
    whole: bool = False,
) -> payload.Payload:
    """Return what came back as a Payload: no secret in its URL, headers or body.

    `headers` carry lower-case names. Where the request names keys to `keep`, nothing else of the
    body is in the Payload. One that is `whole` has its body as it came, and must not be kept.
    """
    return payload.Payload(
        request=request,
        url=redact.url(url),
        status=status,
        body=body if whole else redact.body(veiled(kept(body, request.keep), request.veil)),
        fetched_at=datetime.now(UTC),
        headers={name: redact.url(headers[name]) for name in HEADERS if name in headers},
    )


def kept(body: bytes, keep: tuple[str, ...]) -> bytes:
    """Return the body with none but the JSON keys in `keep`, or whole if that is empty.

    A key with dots leads into objects: of `user` only what `user.name` names stays. An empty list
    or null in the place of such an object stays, for that is how some sites write an empty one.
    An answer that is no JSON object stays if it is a web page or a short text, so that sign-in
    forms, challenges and throttles are recognised; any other is dropped, because what cannot be
    read cannot be shown to be free of secrets.
    """
    if not keep:
        return body
    try:
        fields = json.mended(body, dict[str, msgspec.Raw])
        return msgspec.json.encode(_chosen(fields, keep))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return body if _is_page_or_note(body) else b""


def _chosen(fields: dict[str, msgspec.Raw], keep: tuple[str, ...]) -> dict[str, msgspec.Raw]:
    chosen = {}
    for key, value in fields.items():
        inner = tuple(name.removeprefix(f"{key}.") for name in keep if name.startswith(f"{key}."))
        if key in keep:
            chosen[key] = value
        elif inner and bytes(value).lstrip().startswith(b"{"):
            within = msgspec.json.decode(value, type=dict[str, msgspec.Raw])
            chosen[key] = msgspec.Raw(msgspec.json.encode(_chosen(within, inner)))
        elif inner and bytes(value).strip() in {b"[]", b"null"}:
            chosen[key] = value
    return chosen


def veiled(body: bytes, veil: Mapping[str, str]) -> bytes:
    """Return the body with null in the places of `veil` where an entry's mark is not false.

    A mark that ends in `?` counts only where it is there. Places that begin with a dot
    stand in the body itself, as if it were the only entry.

    What is no JSON is treated as `kept` does.
    """
    if not veil:
        return body
    try:
        said: Any = json.mended(body, object)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return body if _is_page_or_note(body) else b""
    for place, mark in veil.items():
        rows, _, where = place.partition(".")
        found = [said] if not rows else said.get(rows) if isinstance(said, dict) else None
        for row in found if isinstance(found, list) else ():
            above, last = _within(row, where)
            if above and last in above and _is_marked(row, mark.split(".", 1)[1]):
                above[last] = None
    return msgspec.json.encode(said)


def _is_marked(row: Any, mark: str) -> bool:
    flags, flag = _within(row, mark.removesuffix("?"))
    if flags is None or (mark.endswith("?") and flag not in flags):
        return False
    return flags.get(flag) is not False


def _within(row: Any, place: str) -> tuple[dict[str, Any] | None, str]:
    """Return the object that holds a place of a row, or None, and the place's own key."""
    *above, last = place.split(".")
    for key in above:
        row = row.get(key) if isinstance(row, dict) else None
    return (row if isinstance(row, dict) else None), last


def _is_page_or_note(body: bytes) -> bool:
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<"):
        return True
    return len(body) <= _SHORT and not start.startswith((b"{", b"[", b'"'))
