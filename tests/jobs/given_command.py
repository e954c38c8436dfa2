"""The command `greenroom` as a user starts it, in a home of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def greenroom(
    home: Path, *arguments: str, typed: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a command line with `home` as working directory, configuration and data folder.

    `typed` is what its standard input gives; the environment has `variables`.
    """
    inherited = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    code = "import sys; from jobs.cli import app; sys.exit(app.run(sys.argv[1:]))"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=home,
        env={
            **inherited,
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_DATA_HOME": str(home / "data"),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "PYTHONPATH": str(Path(__file__).parents[2]),
            **variables,
        },
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
