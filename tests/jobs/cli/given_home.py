"""A home to type commands in: in this process for what they say, in a child for how they end."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import psutil
from sqlalchemy import text

from fixtures.practice import client
from jobs.cli import app
from models import db
from tests.jobs import given_ready, given_runs

HOUSE = Path(__file__).parents[3]
COMMAND = [sys.executable, "-c", "from jobs.cli.app import main; main()"]
SMALL: dict[str, Any] = {
    "followed": 24,
    "online_percent": 50,
    "followers": 40,
    "followers_page": 10,
    "strangers": 12,
    "messages": 30,
    "tips": 12,
    "purchases": 3,
    "tokens_page": 8,
}


Started = given_ready.Command | subprocess.Popen[str]


class Said(NamedTuple):
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Return the one JSON value that standard output holds."""
        return json.loads(self.out)

    def lines(self) -> list[str]:
        return self.out.splitlines()


class Home(NamedTuple):
    """A folder with a settings file that leads to a practice world."""

    folder: Path
    world: client.Practice

    def __call__(self, *arguments: object) -> Said:
        """Run a command line in this process."""
        out, err = _captured(), _captured()
        with (
            contextlib.chdir(self.folder),
            _passwords(),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = app.run([str(argument) for argument in arguments])
        return Said(code, _text(out), _text(err))

    def start(self, *arguments: object, **variables: str) -> given_ready.Command:
        """Start a command line in a process group of its own, as a shell does."""
        return given_ready.Command(
            [str(argument) for argument in arguments], self.folder, self.environ(**variables)
        )

    def spawn(
        self,
        *arguments: object,
        command: Sequence[str] = COMMAND,
        stdout: Any = subprocess.PIPE,
        **variables: str,
    ) -> subprocess.Popen[str]:
        """Start a command line as `start` does, where it matters how its process begins."""
        return subprocess.Popen(
            [*command, *map(str, arguments)],
            cwd=self.folder,
            env=self.environ(**variables),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def child(self, *arguments: object, **variables: str) -> Said:
        """Run a command line in a process of its own to its end."""
        return ended(self.start(*arguments, **variables))

    def environ(self, **variables: str) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        places = {
            "HOME": str(self.folder),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "XDG_DATA_HOME": str(self.folder / "home"),
            "PYTHONPATH": str(HOUSE),
        }
        return {**inherited, **places, **given_runs.PASSWORDS, **variables}

    def rows(self, sql: str, **facts: Any) -> list[tuple[Any, ...]]:
        with self.connection() as connection:
            return [tuple(row) for row in connection.execute(text(sql), facts)]

    def change(self, sql: str) -> None:
        with self.connection() as connection:
            connection.execute(text(sql))

    @contextlib.contextmanager
    def connection(self) -> Iterator[db.Connection]:
        database = db.connect(f"sqlite:///{self.folder / 'data' / 'greenroom.db'}")
        try:
            with database.write() as connection:
                yield connection
        finally:
            database.close()

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return every row of every table, for comparing before with after."""
        names = [name for (name,) in self.rows("SELECT name FROM sqlite_master WHERE type='table'")]
        return {
            name: sorted(self.rows(f"SELECT * FROM {name}"), key=repr)  # noqa: S608 - our own tables
            for name in names
        }

    def members(self, direction: str) -> set[str]:
        """Return who is on a list as the tables have it."""
        return {
            name
            for (name,) in self.rows(
                "SELECT p.username FROM follow_edges f JOIN persons p ON p.id = f.person_id"
                " WHERE f.direction = :direction AND f.ended IS NULL",
                direction=direction,
            )
        }

    def copy(self, folder: Path) -> Home:
        """Return a home of its own that begins as this one."""
        shutil.copytree(self.folder, folder)
        return Home(folder, self.world)

    def forget_sign_in(self) -> None:
        """Let accounts sign in again at once."""
        self.change("UPDATE accounts SET sign_in_attempted_at = NULL")

    def processes(self) -> list[psutil.Process]:
        """Return the browsers and drivers that work in this home."""
        mark = str(self.folder / "data")
        return [
            process
            for process in psutil.process_iter(["cmdline"])
            if any(mark in part for part in process.info["cmdline"] or ())
            or _environ(process).get("TMPDIR", "").startswith(mark)
        ]

    def empties(self) -> bool:
        """Wait until no browser or driver works in this home; tell whether that came to pass."""
        return eventually(lambda: not self.processes())


def furnish(folder: Path, world: client.Practice, **sizes: int) -> Home:
    """Return a home whose settings lead to the world."""
    folder.mkdir(exist_ok=True)
    (folder / "greenroom.toml").write_text(given_runs.config(world, 60, **sizes))
    return Home(folder, world)


def ended(process: Started, seconds: float = 60) -> Said:
    """Wait for a process; return what it said."""
    out, err = process.communicate(timeout=seconds)
    return Said(process.wait(), out, err)


def eventually(happened: Any, seconds: float = 20) -> bool:
    """Look again and again until something has happened; tell whether it has."""
    until = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def _environ(process: psutil.Process) -> dict[str, str]:
    with contextlib.suppress(psutil.Error):
        return process.environ()
    return {}


def _captured() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="", write_through=True)


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    written = stream.buffer
    assert isinstance(written, io.BytesIO)
    return written.getvalue().decode()


@contextlib.contextmanager
def _passwords() -> Iterator[None]:
    os.environ.update(given_runs.PASSWORDS)
    try:
        yield
    finally:
        for name in given_runs.PASSWORDS:
            del os.environ[name]
