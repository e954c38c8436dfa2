"""Look for secrets in everything that Greenroom writes, in every form that they may take."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib import parse

from models import archive, db

SEALED_ELSEWHERE = frozenset({"trace.zip"})
"""Files that hold cookies in clear, made only when asked for."""


def forms(secret: str) -> set[bytes]:
    """Return the ways in which a secret may be written, base64 at any of its three offsets."""
    plain = secret.encode()
    escaped = json.dumps(secret)[1:-1]
    written = {
        secret,
        parse.quote(secret),
        parse.quote(secret, safe=""),
        parse.quote_plus(secret),
        escaped,
        escaped.replace("/", "\\/"),
        json.dumps(secret, ensure_ascii=False)[1:-1],
        html.escape(secret),
        plain.hex(),
    }
    found = {form.encode() for form in written}
    for offset in range(3):
        coded = base64.b64encode(b"\0" * offset + plain)
        core = coded[4 if offset else 0 : -4]
        found |= {core, core.translate(bytes.maketrans(b"+/", b"-_"))}
    return found


def places(storage: Path) -> Iterator[tuple[str, bytes]]:
    """Yield everything below the folder: files as bytes, archived bodies unpacked."""
    for path in sorted(storage.rglob("*")):
        if path.is_file() and path.name not in SEALED_ELSEWHERE:
            yield str(path.relative_to(storage)), path.read_bytes()


def bodies(database: db.Database) -> Iterator[tuple[str, bytes]]:
    """Yield the bodies of all archived answers."""
    with database.read() as connection:
        for number in list(archive.find(connection)):
            yield f"payload {number}", archive.get(connection, number).body


def leaks(wanted: Iterable[str], shown: Iterable[tuple[str, bytes]]) -> list[tuple[str, str, str]]:
    """Return (place, secret, what stands around it) for every secret that is found."""
    known = [(secret, form) for secret in sorted({*wanted}) for form in forms(secret)]
    return [
        (place, secret, content[max(0, at - 60) : at + len(form) + 20].decode("utf-8", "replace"))
        for place, content in shown
        for secret, form in known
        if (at := content.find(form)) >= 0
    ]
