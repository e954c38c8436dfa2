"""Run a program of the operator's for what fired a rule."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence

from jobs import logs
from jobs.rules import telling
from models import firings, happened
from scraper.fetch import chromium

DEADLINE = 30.0
"""Seconds that a command may take."""

SAID = 2000
"""Bytes of what a command prints that go to the log."""


async def run(
    command: Sequence[str],
    environ: Mapping[str, str],
    fired: firings.Firing,
    act: happened.Act,
    deadline: float = DEADLINE,
) -> None:
    """Run a command without a shell: the firing as JSON on its input, its facts as variables.

    Of Greenroom it sees no other variable. It and all that it started end with the `deadline`.
    Raises Again, or Never where it cannot be started.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=_variables(environ, fired, act),
            start_new_session=True,
        )
    except OSError as error:
        raise telling.Never(f"{command[0]} cannot be started: {error.strerror}") from None
    try:
        async with asyncio.timeout(deadline):
            said = await _talk(process, telling.body(fired, act))
            status = await process.wait()
    except TimeoutError:
        raise telling.Again(f"{command[0]} took longer than {deadline:g} s") from None
    finally:
        await _end(process)
    if said:
        logs.log.info(f"rule {fired.rule}: {said.decode('utf-8', 'replace').strip()}")
    if status:
        raise telling.Again(f"{command[0]} ended with status {status}")


def _variables(
    environ: Mapping[str, str], fired: firings.Firing, act: happened.Act
) -> dict[str, str]:
    inherited = {name: value for name, value in environ.items() if not chromium.is_ours(name)}
    facts = {
        "rule": fired.rule,
        "kind": act.kind,
        "platform": act.platform,
        "room": act.room,
        "username": act.username,
        "tokens": act.tokens,
        "text": act.text,
    }
    told = {
        f"GREENROOM_{name.upper()}": str(fact) for name, fact in facts.items() if fact is not None
    }
    return inherited | told


async def _talk(process: asyncio.subprocess.Process, body: bytes) -> bytes:
    """Give a process its input; return the beginning of what it prints, and read the rest."""
    with contextlib.suppress(ConnectionError):
        if process.stdin is not None:
            process.stdin.write(body)
            await process.stdin.drain()
            process.stdin.close()
    said = b""
    while process.stdout is not None and (part := await process.stdout.read(SAID)):
        said = (said + part)[:SAID]
    return said


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the command and what it started, if any of it still runs."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    await process.wait()
