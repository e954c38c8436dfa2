"""`greenroom serve` in processes that are there at once: forked where all is imported already."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from jobs import attending, service, supervision  # noqa: F401 - imported before the fork
from jobs.cli import app
from jobs.rules import worker  # noqa: F401 - as above
from jobs.web import pushed, server  # noqa: F401 - as above
from tests import forks


def start(folder: Path, environ: Mapping[str, str]) -> ForkServerProcess:
    """Start the service of a home; what it says is added to `said` beside its settings."""
    process = forks.FORKS.Process(target=_serve, args=(folder, dict(environ)))
    process.start()
    return process


def said(folder: Path) -> str:
    """Return what all services of a home have said."""
    return (folder / "said").read_text("utf-8")


def _serve(folder: Path, environ: dict[str, str]) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    with (folder / "said").open("ab", buffering=0) as out:
        for stream in (1, 2):
            os.dup2(out.fileno(), stream)
        sys.stdout = sys.stderr = os.fdopen(2, "w", closefd=False)
        sys.exit(app.run(["serve"]))
