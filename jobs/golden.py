"""Turn an archived payload into a golden case: the same format, nobody real in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from jobs import evidence, settings
from models import db, queries
from scraper import errors, payload, redact
from scraper.sites import register

_CASE = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
_WORD = re.compile(r"[A-Za-z0-9_]{2,}")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
_HIDDEN = re.compile(
    r"""((?:csrfmiddlewaretoken|_token|csrf-token)["'][^>]*?(?:value|content)=["'])[^"']+""",
    re.IGNORECASE,
)
_SAID = frozenset({"message", "subject", "room_subject", "room_title", "note", "body", "location"})
"""JSON keys under which people say things of their own."""


def write(
    chosen: settings.Settings, database: db.Database, payload_id: int, folder: Path, case: str
) -> Path:
    """Write the case's folder, still without the expectation that makes its test pass.

    Holds `request.json`, `payload.json` and `body.*`, as every case of its parser.
    Raises BadConfig (`bad_request`): no such payload, none that a parser reads, an unusable name,
    or one already taken.
    """
    if not _CASE.fullmatch(case):
        raise errors.BadConfig("bad_request", f"{case!r} is no name: letters, digits, - and _")
    with database.read() as connection:
        kept = evidence.get(connection, payload_id)
        site, answer = kept.account.site, kept.answer
        if answer.request.kind not in register.SITES[site].parsers:
            raise errors.BadConfig(
                "bad_request", f"no parser of {site} reads an answer of kind {answer.request.kind}"
            )
        names = _people(connection, register.SITES[site].platform or site, answer)
    place = folder / site / answer.request.kind / case
    if place.exists():
        raise errors.BadConfig("bad_request", f"{place} is already there")
    names |= {account.username: "operator_one" for account in chosen.accounts.values()}
    place.mkdir(parents=True)
    clean = scrubbed(answer, names)
    for name, content in files(clean).items():
        (place / name).write_bytes(content)
    return place


def scrubbed(answer: payload.Payload, names: Mapping[str, str]) -> payload.Payload:
    """Return the payload with people renamed and their words, mails and tokens replaced."""
    plain = answer.body.decode("utf-8", "replace")
    try:
        value = msgspec.json.decode(plain)
    except msgspec.DecodeError:
        body = _HIDDEN.sub(r"\1scrubbed", plain)
    else:
        body = msgspec.json.encode(_without_words(value)).decode()
    rename = _renamer(names)
    request = msgspec.json.encode(answer.request).decode()
    return msgspec.structs.replace(
        answer,
        request=msgspec.json.decode(rename(request), type=payload.Request),
        url=rename(redact.url(answer.url)),
        body=_MAIL.sub("person@example.invalid", rename(body)).encode(),
    )


def files(answer: payload.Payload) -> dict[str, bytes]:
    """Return the files of a golden case's folder, by name."""
    about = {
        "url": answer.url,
        "status": answer.status,
        "headers": answer.headers,
        "fetched_at": answer.fetched_at,
    }
    ending = "json" if answer.body[:1] in {b"{", b"["} else "html"
    return {
        "request.json": _pretty(answer.request),
        "payload.json": _pretty(about),
        f"body.{ending}": answer.body,
    }


def _pretty(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


def _people(connection: db.Connection, site: str, answer: payload.Payload) -> dict[str, str]:
    """Return an invented name for every known person whom the payload names."""
    words = {word.lower() for word in _WORD.findall(answer.body.decode("utf-8", "replace"))}
    found = queries.known_names(connection, site, words)
    return {name: f"person_{number}" for number, name in enumerate(found, 1)}


def _without_words(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _without_words(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_without_words(inner, key) for inner in value]
    return "some words" if key in _SAID and isinstance(value, str) and value else value


def _renamer(names: Mapping[str, str]) -> Any:
    if not names:
        return lambda plain: plain
    lowered = {name.lower(): new for name, new in names.items()}
    pattern = re.compile(
        rf"(?<![A-Za-z0-9_])({_alternatives(lowered)})(?![A-Za-z0-9_])", re.IGNORECASE
    )
    return lambda plain: pattern.sub(lambda match: lowered[match[1].lower()], plain)


def _alternatives(names: Iterable[str]) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
