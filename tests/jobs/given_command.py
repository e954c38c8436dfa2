"""The command `greenroom` as a user starts it, in a home of its own."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path

from jobs.cli import app
from tests.jobs import given_ready

COMMAND = (
    sys.executable,
    "-c",
    "import sys; from jobs.cli import app; sys.exit(app.run(sys.argv[1:]))",
)


def environment(home: Path, **variables: str) -> dict[str, str]:
    """Return the environment of a user at home, without a keyring of the system's."""
    inherited = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return {
        **inherited,
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "PYTHONPATH": str(Path(__file__).parents[2]),
        **variables,
    }


def greenroom(
    home: Path, *arguments: str, typed: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a command line with `home` as working directory, configuration and data folder.

    `typed` is what its standard input gives; the environment has `variables`.
    """
    started = given_ready.Command(arguments, home, environment(home, **variables), typed)
    out, err = started.communicate(60)
    return subprocess.CompletedProcess(arguments, started.wait(), out, err)


def at_once(home: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command line as `greenroom` does, but in this process: it need not start first.

    Nobody types anything, and no secret is asked for.
    """
    out, err = io.StringIO(), io.StringIO()
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(environment(home, **variables))
    try:
        with (
            contextlib.chdir(home),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = app.run(arguments)
    finally:
        os.environ.clear()
        os.environ.update(before)
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())
