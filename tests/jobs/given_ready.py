"""Commands in processes of their own that are there at once: forked where all is imported already.

Such a process has the session, folder, environment and standard streams that one has which a shell
starts. What it says is kept in files until it has ended.
"""

from __future__ import annotations

import atexit
import functools
import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from jobs import attending, doctor, service, supervision
from jobs.cli import app
from jobs.rules import worker
from jobs.web import server
from tests import forks

IMPORTED = (attending, doctor, service, supervision, worker, server)
"""What commands import when they run: here it is there before."""

_SAID = ("in", "out", "err")


class Command:
    """A command line at work. It is used like a `subprocess.Popen` of texts."""

    def __init__(
        self, arguments: Sequence[str], folder: Path, environ: Mapping[str, str], typed: str = ""
    ) -> None:
        self.args = tuple(arguments)
        self._said = Path(tempfile.mkdtemp(dir=_place()))
        (self._said / "in").write_bytes(typed.encode())
        told = (self.args, folder, dict(environ), self._said)
        self._process = forks.FORKS.Process(target=_work, args=told, daemon=True)
        self._process.start()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self._process.kill()

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Wait for its end; return what it said on standard output and standard error."""
        self.wait(timeout)
        out, err = ((self._said / name).read_text("utf-8") for name in _SAID[1:])
        return out, err


@functools.cache
def _place() -> str:
    """Return a folder for what commands say; this process removes it when it ends."""
    made = tempfile.mkdtemp(prefix="greenroom-said-")
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def _work(arguments: Sequence[str], folder: Path, environ: Mapping[str, str], said: Path) -> None:
    """Become the command."""
    os.setsid()
    for number, name in enumerate(_SAID):
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND if number else os.O_RDONLY
        opened = os.open(said / name, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin, sys.stdout, sys.stderr = _stream(0, "r"), _stream(1, "w"), _stream(2, "w")
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    sys.argv = ["greenroom", *arguments]
    app.main()


def _stream(number: int, mode: str) -> io.TextIOWrapper:
    raw = io.FileIO(number, mode, closefd=False)
    buffered = io.BufferedReader(raw) if mode == "r" else io.BufferedWriter(raw)
    return io.TextIOWrapper(buffered, encoding="utf-8", line_buffering=number == 2)
