"""Resources that many tests share."""

import gc
import os
import shutil
import sys
from pathlib import Path

import hypothesis
import pytest

gc.disable()  # until all tests are collected, which all stay
hypothesis.settings.register_profile("busy machine", deadline=None)
hypothesis.settings.load_profile("busy machine")

# Whoever runs the tests may have a keyring; it is not there to try things out.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"

# Hundreds of processes are started: only the first of them is to compile what all of them import.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# No test is about a power cut: where memory can hold their files, none waits for a disk.
MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes a folder in it that is its owner's alone
if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 4 * 2**30:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

pytest_plugins = ["tests.databases"]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Let the collector of garbage pass over thousands of collected tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)
    gc.enable()
