"""The command `greenroom` as a user starts it, in a home of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=home,
        env=environment(home, **variables),
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
