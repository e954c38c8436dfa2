"""Read a session that somebody exported from a browser: text in, Playwright's storage state out.

Four forms are told apart by what they hold: storage-state JSON, a browser extension's array of
cookies, Netscape's `cookies.txt`, and the `Cookie:` header of a request.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from scraper import errors

SIZE = 4 * 1024 * 1024
"""Bytes; more is no session."""

EXPECTED = (
    "expected Playwright's storage state, an extension's cookie JSON, a cookies.txt, or the text "
    "of a Cookie header"
)

_SAME_SITE = {"strict": "Strict", "lax": "Lax", "none": "None", "no_restriction": "None"}
_LATEST = 253_402_300_799.0  # the end of the year 9999
_MILLISECONDS = 1e11  # as seconds that is the year 5138
_HEADER = re.compile(
    r"(?im)^[ \t]*cookie[ \t]*(?::[ \t]*|:?[ \t]*\r?\n[ \t]*)(?P<pairs>[^\s:][^\r\n]*)"
)
_PAIR = re.compile(r"[^\s=;,\"<>{}\[\]]+=[^;\x00-\x1f\x7f]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f;]")
_HTTP_ONLY = "#HttpOnly_"


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """What was read.

    `state`    Playwright's storage state with the site's own cookies and storage only
    `form`     which of the forms it was
    `dropped`  how many cookies of other sites were left out
    """

    state: dict[str, Any]
    form: str
    dropped: int

    def __repr__(self) -> str:
        """Hide the cookies from tracebacks and logs."""
        return f"Session(form={self.form!r}, dropped={self.dropped}, state=***)"


class _Cookie(msgspec.Struct, frozen=True, kw_only=True):
    """A cookie as storage states and extensions write it; what is missing is the browser's own."""

    name: str
    value: str
    domain: str
    path: str | None = "/"
    expires: float | None = None
    expiration_date: float | None = msgspec.field(name="expirationDate", default=None)
    http_only: bool = msgspec.field(name="httpOnly", default=False)
    secure: bool = False
    same_site: str | None = msgspec.field(name="sameSite", default=None)
    host_only: bool = msgspec.field(name="hostOnly", default=False)
    session: bool = False


class _Item(msgspec.Struct, frozen=True):
    name: str
    value: str


class _Origin(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a site keeps in the browser beside cookies."""

    origin: str
    items: list[_Item] = msgspec.field(name="localStorage", default=[])
    databases: list[dict[str, Any]] = msgspec.field(name="indexedDB", default=[])


class _State(msgspec.Struct, frozen=True):
    cookies: list[_Cookie] = []
    origins: list[_Origin] = []


def decoded(content: bytes) -> str:
    """Return the text of a file, however it was saved. Raises BadConfig `session_unreadable`."""
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    if len(content) > SIZE:
        raise _unreadable(f"it is larger than {SIZE >> 20} MiB")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise _unreadable("it is no text") from None


def read(text: str, base_url: str) -> Session:
    """Return the session of the site at `base_url` that `text` holds, be it an empty one.

    Raises BadConfig `session_unreadable`; no message ever holds a cookie's value.
    """
    text = text.strip("\ufeff \t\r\n")
    if text.startswith(("{", "[")):
        form, state = _json(text)
    elif rows := _rows(text):
        form, state = "cookies.txt", _State([_row(number, row) for number, row in rows])
    else:
        form, state = "Cookie header", _State(_header(text, base_url))
    _refuse_impossible(state.cookies)
    host = urlsplit(base_url).hostname or ""
    own = [cookie for cookie in state.cookies if _is_of(cookie, host)]
    origins = [one for one in state.origins if _origin(one.origin) == _origin(base_url)]
    return Session(
        state={
            "cookies": [_restored(cookie, host) for cookie in own],
            "origins": [_storage(one) for one in origins],
        },
        form=form,
        dropped=len(state.cookies) - len(own),
    )


def _json(text: str) -> tuple[str, _State]:
    try:
        if text.startswith("["):
            return "cookie JSON", _State(msgspec.json.decode(text, type=list[_Cookie]))
        return "storage state", msgspec.json.decode(text, type=_State)
    except msgspec.ValidationError as error:
        raise _unreadable(str(error)) from None
    except msgspec.DecodeError:
        raise _unreadable("it is broken JSON") from None


def _rows(text: str) -> list[tuple[int, Sequence[str]]]:
    """Return the rows of a cookies.txt with their lines' numbers; none for any other text."""
    rows: list[tuple[int, Sequence[str]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        plain = line.removeprefix(_HTTP_ONLY)
        if plain.strip() and (plain != line or not line.startswith("#")):
            fields = plain.split("\t") if "\t" in plain else plain.split(None, 6)
            rows.append((number, (*fields, str(plain != line))))
    begun = text.startswith(("# Netscape", "# HTTP Cookie File", _HTTP_ONLY))
    return rows if begun or any(_is_row(row) for _, row in rows) else []


def _is_row(row: Sequence[str]) -> bool:
    return len(row) in {7, 8} and row[1].upper() in {"TRUE", "FALSE"}


def _row(number: int, row: Sequence[str]) -> _Cookie:
    """Return the cookie of a line: domain, subdomains, path, secure, expiry, name, value."""
    if not _is_row(row):
        raise _unreadable(f"line {number} has not the seven fields of a cookies.txt")
    domain, subdomains, path, secure, expires, name, *value, http_only = row
    try:
        until = float(expires or 0)
    except ValueError:
        raise _unreadable(f"line {number} has no expiry in its fifth field") from None
    return _Cookie(
        domain=domain,
        host_only=subdomains.upper() == "FALSE",
        path=path,
        secure=secure.upper() == "TRUE",
        expires=until,
        name=name,
        value="".join(value),
        http_only=http_only == str(True),
    )


def _header(text: str, base_url: str) -> list[_Cookie]:
    """Return the cookies that a request sent: their host is the site, and no expiry is known."""
    found = _HEADER.search(text)
    line = found["pairs"] if found else text
    pairs = [pair.strip() for pair in line.split(";") if pair.strip()]
    if not all(_PAIR.fullmatch(pair) for pair in pairs):
        raise _unreadable("it is none of these")
    site = urlsplit(base_url)
    split = (pair.partition("=") for pair in pairs)
    return [
        _Cookie(name=name, value=value, domain=site.hostname or "", secure=site.scheme == "https")
        for name, _, value in split
    ]


def _refuse_impossible(cookies: Iterable[_Cookie]) -> None:
    for number, cookie in enumerate(cookies, 1):
        if not cookie.name or _CONTROL.search(cookie.name + cookie.value):
            raise _unreadable(f"cookie {number} has a name or value that no cookie can have")


def _is_of(cookie: _Cookie, host: str) -> bool:
    """Whether a browser would send the cookie to the host."""
    domain = cookie.domain.lstrip(".").lower()
    if domain == host:
        return True
    wide = "." in domain and not cookie.host_only and not _is_address(host)
    return wide and host.endswith(f".{domain}")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _restored(cookie: _Cookie, host: str) -> dict[str, Any]:
    """Return the cookie with every field that Playwright wants."""
    same_site = _SAME_SITE.get((cookie.same_site or "").lower(), "Lax")
    if same_site == "None" and not cookie.secure:  # browsers refuse such a cookie
        same_site = "Lax"
    domain = cookie.domain.lower()
    return {
        "name": cookie.name,
        "value": cookie.value,
        "domain": domain.lstrip(".") if cookie.host_only or _is_address(host) else domain,
        "path": cookie.path or "/",
        "expires": _expiry(cookie),
        "httpOnly": cookie.http_only,
        "secure": cookie.secure,
        "sameSite": same_site,
    }


def _expiry(cookie: _Cookie) -> float:
    """Return epoch seconds, or -1 for a cookie that lasts as long as its browser."""
    until = cookie.expires if cookie.expiration_date is None else cookie.expiration_date
    if cookie.session or until is None or not until > 0:
        return -1
    return min(until / 1000 if until > _MILLISECONDS else until, _LATEST)


def _storage(one: _Origin) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(one)
    return {"localStorage": [], **told}


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()


def _unreadable(why: str) -> errors.BadConfig:
    return errors.BadConfig("session_unreadable", f"this is no session: {why}; {EXPECTED}")
