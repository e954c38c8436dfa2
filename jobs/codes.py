"""Where the code of a second factor comes from when nobody types it. The home of pyotp."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import os
import re
import signal
from collections.abc import Mapping, Sequence
from typing import Any
from urllib import parse

import pyotp

from scraper import errors
from scraper.fetch import chromium

DEADLINE = 30.0
"""Seconds that an answer command has to print its code."""

LIMIT = 1024
"""Bytes that an answer command may print."""

_CODE = re.compile(r"[0-9A-Za-z-]{4,32}|[0-9][0-9 ]{2,30}[0-9]")
_SCHEME = "otpauth://"
_SHORTEST = 14
"""Bytes of the shortest key that pyotp takes."""


def read(text: str) -> str | None:
    """Return the code in a text without its blanks, None if it cannot be one."""
    code = text.strip()
    return code.replace(" ", "") if _CODE.fullmatch(code) else None


async def from_command(
    command: Sequence[str], environ: Mapping[str, str], deadline: float = DEADLINE
) -> str:
    """Run a command without a shell and return the code that it prints.

    What it says on standard error is not kept; it sees no variable of Greenroom. It and all that
    it started end with the `deadline` (seconds). Raises NeedsOperator `answer_command_failed`.
    """
    inherited = {name: value for name, value in environ.items() if not chromium.is_ours(name)}
    nothing = asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=nothing,
            stdout=asyncio.subprocess.PIPE,
            stderr=nothing,
            env=inherited,
            start_new_session=True,
        )
    except OSError as error:
        raise _failed(f"{command[0]} cannot be started: {error.strerror}") from None
    try:
        async with asyncio.timeout(deadline):
            said = await _said(process)
            status = await process.wait()
    except TimeoutError:
        raise _failed(f"{command[0]} printed no code within {deadline:g} s") from None
    finally:
        await _end(process)
    code = read(said.decode("utf-8", "replace"))
    if status or code is None:
        how = f"ended with status {status}" if status else "printed no code"
        raise _failed(f"{command[0]} {how}")
    return code


async def unasked(
    asked: errors.NeedsOperator,
    command: Sequence[str],
    environ: Mapping[str, str],
    credentials: Mapping[str, Any] | None,
) -> str:
    """Return the code from the account's command, else from its stored secret.

    Raises `asked` where neither was chosen, and as `from_command`, with the page that asked.
    """
    try:
        code = await from_command(command, environ) if command else None
    except errors.NeedsOperator as error:
        error.url = asked.url
        raise
    code = code or stored(credentials, unasked=True)
    if code is None:
        raise asked
    return code


def from_secret(text: str) -> str:
    """Return the code of this moment. Raises BadConfig `bad_request` for what is no secret."""
    return _maker(text).now()


def secret(text: str) -> str:
    """Return a TOTP secret as it is stored: base32, or an `otpauth://totp/` address.

    Raises BadConfig `bad_request`; the message does not repeat the text.
    """
    stored = text.strip()
    if not stored.startswith(_SCHEME):
        stored = re.sub(r"[\s-]", "", stored).upper()
    _maker(stored).now()
    return stored


def stored(credentials: Mapping[str, Any] | None, *, unasked: bool) -> str | None:
    """Return the code of the stored secret; `unasked`, only if that was chosen. None if none."""
    kept = credentials or {}
    if not kept.get("totp_secret") or (unasked and not kept.get("answer")):
        return None
    return from_secret(str(kept["totp_secret"]))


def _maker(text: str) -> pyotp.TOTP:
    try:
        if not text.startswith(_SCHEME):
            return pyotp.TOTP(_long_enough(text))
        parts = parse.urlsplit(text)
        told = dict(parse.parse_qsl(parts.query))
        told["secret"] = _long_enough(told.get("secret", ""))
        made = pyotp.parse_uri(parts._replace(query=parse.urlencode(told)).geturl())
        if isinstance(made, pyotp.TOTP):
            return made
    except (ValueError, binascii.Error):
        pass
    raise errors.BadConfig(
        "bad_request", "that is no TOTP secret: base32 letters, or an otpauth://totp/ address"
    )


def _long_enough(text: str) -> str:
    """Return the same key in more letters: HMAC fills short keys up with zeros anyway.

    Sites hand out secrets of 80 bits; pyotp takes none below 112.
    """
    key = base64.b32decode(text + "=" * (-len(text) % 8), casefold=True)
    if not key:
        raise ValueError("an empty secret")
    return base64.b32encode(key.ljust(_SHORTEST, b"\0")).decode()


async def _said(process: asyncio.subprocess.Process) -> bytes:
    """Return what the process prints, up to a limit: more is no code."""
    said = b""
    pipe = process.stdout
    while pipe is not None and len(said) <= LIMIT and (part := await pipe.read(LIMIT)):
        said += part
    if len(said) > LIMIT:
        raise _failed("the answer command printed more than a code")
    return said


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the command and what it started, if any of it still runs."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    await process.wait()


def _failed(message: str) -> errors.NeedsOperator:
    return errors.NeedsOperator("answer_command_failed", message)
