"""Keep pictures in a folder, each once under its own hash; parsers get a note of it instead."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from collections.abc import Collection
from http import HTTPStatus
from pathlib import Path

import msgspec

from scraper import payload, private_file
from scraper.fetch import routed

KIND = "image"
"""The kind of request whose answers are pictures."""

LARGEST = 2 * 1024 * 1024
"""Bytes of a picture; a larger one is not kept."""

NOTE = 2048
"""Bytes of a text in the place of a picture that a guard still reads: a throttle, a challenge."""

LEFT_BEHIND = 3600.0
"""Seconds after which a draft belongs to nobody: whoever wrote it was killed."""

SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What a parser is told of a picture.

    `path` is the file's place within the folder, as a POSIX path; None for a placeholder, which is
    not kept, and where the folder is full.
    """

    sha256: str
    size: int
    media_type: str
    path: str | None
    placeholder: bool


class Refusal(msgspec.Struct, frozen=True):
    """Why an answer is not taken for a picture: `too_large` or `no_picture`."""

    refused: str


class Folder:
    """Pictures by their hash, `total` bytes at most; `placeholders` are hashes that show nobody."""

    def __init__(self, place: Path, total: int, placeholders: Collection[str] = ()) -> None:
        self._place = place
        self._total = total
        self._placeholders = frozenset(one.strip().lower() for one in placeholders if one.strip())
        self._used: int | None = None

    def keep(self, picture: bytes) -> Note | Refusal:
        """Put a picture into the folder, unless it is there. Raises StorageTrouble, BadConfig."""
        if len(picture) > LARGEST:
            return Refusal("too_large")
        kind = media_type(picture)
        if kind is None:
            return Refusal("no_picture")
        mark = hashlib.sha256(picture).hexdigest()
        placeholder = mark in self._placeholders
        path = None if placeholder else self._put(f"{mark[:2]}/{mark}{SUFFIXES[kind]}", picture)
        return Note(
            sha256=mark, size=len(picture), media_type=kind, path=path, placeholder=placeholder
        )

    def _put(self, name: str, picture: bytes) -> str | None:
        place = self._place / name
        with private_file.told(place):
            if place.is_file() and place.stat().st_size == len(picture):
                return name
            if self._used is None:
                self._used = _used(self._place)
        if self._used + len(picture) > self._total:
            return None
        private_file.folder(place.parent)
        private_file.add(place, picture)
        self._used += len(picture)
        return name


def _used(place: Path) -> int:
    """Return the bytes of all pictures in a folder; remove the drafts of killed writers."""
    total, now = 0, time.time()
    for path in place.glob("*/*"):
        with contextlib.suppress(FileNotFoundError):  # a draft that another writer put in its place
            facts = path.stat()
            if not path.name.startswith("."):
                total += facts.st_size
            elif now - facts.st_mtime > LEFT_BEHIND:
                path.unlink(missing_ok=True)
    return total


def media_type(content: bytes) -> str | None:
    """Return what a picture is by its first bytes, whatever its server calls it; None if none."""
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return None


def kept(fetch: routed.Fetch, folder: Folder) -> routed.Fetch:
    """Return `fetch` that keeps the pictures it is asked for, and hands on a note of each.

    What a site says instead of a picture (another status, a page, a short text) is handed on as it
    came; nothing else of an answer is.
    """

    async def fetch_and_keep(request: payload.Request) -> tuple[payload.Payload, ...]:
        found = await fetch(request)
        if request.kind != KIND:
            return found
        return tuple([await _noted(answer, folder) for answer in found])

    return fetch_and_keep


async def _noted(answer: payload.Payload, folder: Folder) -> payload.Payload:
    if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES and not answer.body:
        return _instead(answer, Refusal("no_picture"))
    if answer.status != HTTPStatus.OK:
        body = answer.body if _is_text(answer.body) else b""
        return msgspec.structs.replace(answer, body=body)
    if _is_text(answer.body) and media_type(answer.body) is None:
        return answer
    return _instead(answer, await asyncio.to_thread(folder.keep, answer.body))


def _instead(answer: payload.Payload, note: Note | Refusal) -> payload.Payload:
    headers = {**answer.headers, "content-type": "application/json"}
    return msgspec.structs.replace(answer, body=msgspec.json.encode(note), headers=headers)


def _is_text(body: bytes) -> bool:
    """Whether a body is a web page, or a text short enough to be a word to us."""
    if b"\0" in body[:NOTE]:
        return False
    page = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return page or len(body) <= NOTE
