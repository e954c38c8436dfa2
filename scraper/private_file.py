"""Write files for their owner's eyes only: whole or not at all, and read back before they count."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

from scraper import errors

FILE_MODE = 0o600
FOLDER_MODE = 0o700


def folder(path: Path) -> None:
    """Make the folder if it is not there, for its owner only. Raises as `write`."""
    with told(path):
        path.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
        path.chmod(FOLDER_MODE)


def write(path: Path, content: bytes, check: Callable[[bytes], bool] | None = None) -> None:
    """Replace the file by `content` once a draft of it was written, synced, read back and checked.

    Whatever happens before that leaves the former file as it was. Drafts that killed writers left
    are removed, so two writers of one file must take turns. Raises StorageTrouble `disk_full` and
    BadConfig `bad_config` (the place cannot be written, or does not hold what was written).
    """
    with told(path):
        for left in drafts(path):
            left.unlink(missing_ok=True)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            _write(draft, content)
            _verify(draft, content, check)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        sync(path.parent)


def add(path: Path, content: bytes) -> None:
    """Write a file whose name follows from its content: whole, or not at all.

    Any number may write the same one at the same time. Raises as `write`.
    """
    with told(path):
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            _write(draft, content)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        sync(path.parent)


def drafts(path: Path) -> Iterator[Path]:
    """Yield the drafts of the file that are there: none, unless a writer was killed."""
    return path.parent.glob(f".{path.name}.*")


def aside(path: Path) -> Path:
    """Rename the file to `<name>.unreadable`, or the next free such name; return the new place."""
    count = 0
    with told(path):
        while True:
            place = path.with_name(f"{path.name}.unreadable" + (f".{count}" if count else ""))
            if not place.exists():
                path.rename(place)
                sync(path.parent)
                return place
            count += 1


def exposed(path: Path) -> bool:
    """Tell whether others than its owner may read the file, where modes mean something."""
    return os.name == "posix" and path.exists() and bool(path.stat().st_mode & 0o077)


@contextlib.contextmanager
def told(path: Path) -> Iterator[None]:
    """Raise what the operating system says of a place as an error of ours, naming the place."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise errors.StorageTrouble("disk_full", f"no space is left for {path}") from error
        raise errors.BadConfig(
            "bad_config",
            f"{error.filename or path} cannot be read or written: {error.strerror or error}",
        ) from error


def sync(place: Path) -> None:
    """Make renames in the folder last through a power cut, where folders can be synced."""
    if os.name != "posix":
        return
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(draft: Path, content: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(draft, flags, FILE_MODE), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _verify(draft: Path, content: bytes, check: Callable[[bytes], bool] | None) -> None:
    stored = draft.read_bytes()
    if stored != content or (check is not None and not check(stored)):
        raise errors.BadConfig(
            "bad_config", f"{draft.parent} does not hold what was written to it; examine the disk"
        )
