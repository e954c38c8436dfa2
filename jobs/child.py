"""Execute one run in a process of its own: `python -m jobs.child RUN ATTEMPT`.

Started by the service, which hands over the settings in force as the first line of standard input
and keeps it open: its end, like SIGTERM, says that the run is to stop. Logs go to the run's file.
Whatever happens is in the run's row; the exit code only tells whether it could be written.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from asyncio import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import psutil

from jobs import aftermath, logs, run, run_logs, runtime, settings, settings_show
from models import runs
from scraper import errors
from scraper.fetch import processes

LAST_RESORT = 9.0
"""Seconds after which a process that was told to stop and cannot ends with all that it started."""


_BOOT = (
    "import gc, sys; gc.disable(); sys.path.insert(0, sys.argv.pop(1)); from jobs import child;"
    " gc.freeze(); gc.enable(); child.main()"
)
"""What is imported stays: to look for garbage in it takes a third of the time of a start."""

_HOUSE = str(Path(__file__).parents[1])


def handed_over(chosen: settings.Settings) -> bytes:
    """Return the settings as the line that a child process reads them from."""
    told = chosen.model_dump(mode="json", exclude={"file", "schedule"})
    file = str(chosen.file) if chosen.file else None
    return msgspec.json.encode({"settings": told, "file": file}) + b"\n"


def taken_over(line: bytes) -> settings.Settings:
    """Return the settings that `handed_over` made a line of; without one, those of the file."""
    if not line.strip():
        return settings.load(None, os.environ)
    told: dict[str, Any] = msgspec.json.decode(line)
    file = Path(told["file"]) if told["file"] else None
    base = file.parent if file else Path.cwd()
    chosen = settings.Settings.model_validate(told["settings"], context={"base": base})
    return chosen.model_copy(update={"file": file})


async def started(
    chosen: settings.Settings, environ: Mapping[str, str], run_id: int, attempt: int
) -> subprocess.Process:
    """Start the process of a run; it is never left behind, even if we are cancelled meanwhile.

    It leads a session of its own, and finds this very program wherever it is started.
    """
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-c", _BOOT, _HOUSE, str(run_id), str(attempt)),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env=dict(environ),
        )
    )
    try:
        process = await asyncio.shield(starting)
    except asyncio.CancelledError:
        process = await starting
        process.kill()
        await process.wait()
        raise
    assert process.stdin is not None  # noqa: S101 - it was asked for
    process.stdin.write(handed_over(chosen))
    return process


def main() -> None:
    """Run the run that the command line names, and exit."""
    run_id, attempt = (int(told) for told in sys.argv[1:3])
    try:
        _work(taken_over(sys.stdin.buffer.readline()), run_id, attempt)
    except errors.GreenroomError as error:
        sys.exit(f"error[{error.code}]: {error.message}")


def _work(chosen: settings.Settings, run_id: int, attempt: int) -> None:
    """Execute the run, saying what happens in its log."""
    secrets = settings_show.secrets(chosen, os.environ)
    with run_logs.writing(chosen.storage.directory, run_id) as file, logs.bound(run_id):
        logs.configure(json=True, stream=file, secrets=secrets)
        with runtime.open_database(chosen) as database:
            assembled = msgspec.structs.replace(
                runtime.assemble(chosen, database, os.environ, tell=logs.log.info),
                show=lambda now: logs.log.info(run_logs.progress(now)),
                afterwards=aftermath.decide,
            )
            logs.log.info(f"attempt {attempt + 1} in process {os.getpid()}")
            try:
                asyncio.run(_until_told(assembled, run_id, attempt))
            except asyncio.CancelledError:
                logs.log.info("told to stop")
            except Exception as error:
                logs.log.opt(exception=error).error("a fault in Greenroom itself ended the run")
                raise
            finally:
                with database.read() as connection:
                    logs.log.info(run_logs.ending(runs.get(connection, run_id)))


async def _until_told(assembled: run.Runtime, run_id: int, attempt: int) -> None:
    """Execute the run until its end, or until SIGTERM or the end of standard input."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None  # noqa: S101 - this is a coroutine

    def stop() -> None:
        task.cancel()
        resort = threading.Timer(LAST_RESORT, _end_at_once)
        resort.daemon = True
        resort.start()

    if sys.platform != "win32":
        loop.add_signal_handler(signal.SIGTERM, stop)
    left = threading.Thread(target=_when_left, args=(loop, stop), daemon=True)
    left.start()
    await run.execute(assembled, run_id, attempt)


def _when_left(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    """Call `stop` when whoever started us is gone: nobody would hear how the run ends."""
    while os.read(0, 1024):
        pass
    try:
        loop.call_soon_threadsafe(stop)
    except RuntimeError:  # the loop is closed: the run has ended meanwhile
        return


def _end_at_once() -> None:
    """End this process and all that it started: it was told to stop and hangs."""
    processes.kill(psutil.Process().children(recursive=True))
    os._exit(1)


if __name__ == "__main__":
    main()
