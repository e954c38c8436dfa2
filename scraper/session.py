"""Keep an account signed in: its browser state in a private file, and one run at a time."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import filelock
import msgspec

from scraper import errors


def load(path: Path) -> dict[str, Any] | None:
    """Return the stored browser state (cookies, storage), or None when there is none to use.

    A file that is no such state is moved aside as `<name>.broken`, for a look at it later.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    state = _decoded(content)
    if state is None:
        path.replace(path.with_name(f"{path.name}.broken"))
    return state


def save(path: Path, state: dict[str, Any]) -> None:
    """Store the browser state for its owner's eyes only, whole or not at all.

    Raises BadConfig (`bad_config`) when the folder cannot be written to.
    """
    content = msgspec.json.encode(state)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.parent.chmod(0o700)
        _replace(path, content)
        stored = path.read_bytes()
    except OSError as error:
        raise errors.BadConfig(
            "bad_config", f"the session cannot be stored in {path.parent}: {error.strerror}"
        ) from error
    if stored != content:
        raise errors.BadConfig("bad_config", f"{path} does not hold what was written to it")


@contextlib.contextmanager
def account_lock(path: Path) -> Iterator[None]:
    """Hold the account for this run; the operating system lets go of it should we die.

    Raises Busy (`account_busy`) at once if another run holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = filelock.FileLock(path, timeout=0, mode=0o600)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise errors.Busy("account_busy") from None
    try:
        yield
    finally:
        lock.release()


def _decoded(content: bytes) -> dict[str, Any] | None:
    """Return the state in `content`; None if it is none. No error could say why without it."""
    try:
        state = msgspec.json.decode(content, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return state if isinstance(state.get("cookies"), list) else None


def _replace(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        with os.fdopen(os.open(draft, flags, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the rename last through a power cut, where folders can be synced."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
