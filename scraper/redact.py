"""Hide secrets in URLs, texts and bodies before anything is stored, shown or logged."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable
from urllib import parse

HIDDEN = "***"

_CODED_FROM = 6  # characters: what a shorter secret's base64 looks like stands in many a text
_URL_SAFE = str.maketrans("+/", "-_")

_NAME = (
    r"(?:[\w.-]*[_.-])?"
    r"(?:token|key|apikey|csrf\w*|secret|password|passwd|pwd|auth|session(?:id)?|sig|signature)"
)
_PARAMETER = re.compile(rf"([?&;#]{_NAME}=)[^&;#\s\"'<>]+", re.IGNORECASE)
_USERINFO = re.compile(r"(?<=://)[^/@\s:]+:[^/@\s]+(?=@)")
_EVENT_FEED = re.compile(r"(/events/[^/\s?#]+/)[^/\s?#]+")

_HEADER = re.compile(
    r"""(?im)(["']?\b(?:proxy-)?(?:authorization|set-cookie|cookie)["']?\s*[:=]\s*)[^\r\n]+"""
)
_ASSIGNMENT = re.compile(
    r"""(\b(?:[\w.-]*[_.-])?(?:token|api_?key|csrf\w*|secret|password|passwd|sessionid)["']?"""
    r"""\s*[=:]\s*["']?)[^\s"'&;,)}\]]+""",
    re.IGNORECASE,
)

BODY_SECRETS = (
    "csrfmiddlewaretoken",
    "csrf-token",
    "_token",
    "chat_password",
    "room_pass",
    "last_pass",
    "active_password",
    "hls_source",
    "edge_auth",
    "asp_auth_url",
    "jwtToken",
    "node_token",
    "paymentToken",
)
"""Fields of known pages whose values are never kept: form tokens, room passwords, stream keys."""

_BODY_NAME = "|".join(re.escape(name) for name in BODY_SECRETS).encode()
_BODY_FIELD = re.compile(
    rb"""(?P<quote>\\u0022|\\?"|&quot;|')(?:""" + _BODY_NAME + rb""")(?P=quote)\s*:\s*(?P=quote)"""
    rb"""(?P<value>(?:(?!(?P=quote)).){1,4096})""",
    re.DOTALL,
)
_BODY_TAG = re.compile(
    rb"""<(?:input|meta)\b[^<>]{0,512}?\bname\s*=\s*["']?(?:"""
    + _BODY_NAME
    + rb""")\b[^<>]{0,4096}>""",
    re.IGNORECASE,
)
_TAG_VALUE = re.compile(
    rb"""(\b(?:value|content)\s*=\s*)("[^"]*"|'[^']*'|[^\s>]+)""", re.IGNORECASE
)


def url(text: str) -> str:
    """Return the URL without credentials, secret query values and event-feed tokens."""
    text = _USERINFO.sub(HIDDEN, text)
    text = _EVENT_FEED.sub(rf"\g<1>{HIDDEN}", text)
    return _PARAMETER.sub(rf"\g<1>{HIDDEN}", text)


def text(message: str, secrets: Iterable[str] = ()) -> str:
    """Return the message without the registered `secrets` and whatever looks like one."""
    message = _HEADER.sub(rf"\g<1>{HIDDEN}", url(literally(message, secrets)))
    return _ASSIGNMENT.sub(rf"\g<1>{HIDDEN}", message)


def literally(content: str, secrets: Iterable[str]) -> str:
    """Return the text without the `secrets`, as they are or written for URLs, JSON or base64."""
    for secret in sorted({*secrets} - {""}, key=len, reverse=True):
        for form in _forms(secret):
            content = content.replace(form, HIDDEN)
    return content


def _forms(secret: str) -> list[str]:
    """Return the ways to write a secret, longest first."""
    escaped = json.dumps(secret)[1:-1]
    coded = base64.b64encode(secret.encode()).decode().rstrip("=")
    forms = {
        secret,
        parse.quote(secret, safe=""),
        parse.quote_plus(secret),
        escaped,
        escaped.replace("/", "\\/"),
        html.escape(secret),
    }
    if len(secret) >= _CODED_FROM:
        forms |= {coded, coded.translate(_URL_SAFE)}
    return sorted(forms, key=len, reverse=True)


def body(content: bytes) -> bytes:
    """Return the answer with the values of `BODY_SECRETS` hidden; all other bytes stay."""
    if not any(name.encode() in content for name in BODY_SECRETS):
        return content
    content = _BODY_FIELD.sub(_without_value, content)
    return _BODY_TAG.sub(
        lambda tag: _TAG_VALUE.sub(rb'\g<1>"' + HIDDEN.encode() + rb'"', tag[0]), content
    )


def _without_value(field: re.Match[bytes]) -> bytes:
    return field[0][: field.start("value") - field.start()] + HIDDEN.encode()
