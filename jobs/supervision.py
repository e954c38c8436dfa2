"""See a run in a process of its own to its end: told to stop in time, and gone whatever hangs."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from asyncio import subprocess
from collections.abc import Callable, Coroutine, Mapping

import msgspec

from jobs import aftermath, child, logs, process_tree, run_logs, runtime, settings, settings_show
from models import db, moment, run_control, run_queue, runs
from scraper import alone, errors, redact
from scraper.fetch import browser, processes

POLL = 1.0
"""Seconds between two looks at a run's process, its memory, and what it was told."""

GRACE = 6.0
"""Seconds that a run has to close its browser and write down where it is, before it is killed."""

TELLING = 1.0
"""Seconds that the database may take to write down why a run must stop; then it is stopped."""

KILLING = 3.0
"""Seconds that killed processes may take to be gone."""

TICK = 0.02
"""Seconds between two looks at whether killed processes are gone."""

LAST_WORDS = 4096
"""Bytes of what a process said at last that are kept."""


class Child(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be run: a run as it waits in its table, with the settings in force."""

    run: runs.Run
    chosen: settings.Settings
    database: db.Database
    environ: Mapping[str, str]


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How a supervised attempt ended.

    `status` is where the run stands now (`queued` if it waits for another attempt), `code` the
    error that its row names; `seconds` and `memory` (bytes, at most) are the attempt's.
    """

    run_id: int
    status: str
    code: str | None
    seconds: float
    memory: int


async def supervise(order: Child, *, poll: float = POLL) -> Ended:
    """Run in a child process; return when the run's row says how it ended and no process is left.

    Cancelled, it interrupts the run, which then waits to be gone on with, and passes that on.
    """
    if await asyncio.to_thread(_waits_for_account, order):
        return await asyncio.to_thread(_outcome, order)
    waits = order.run
    process = await child.started(order.chosen, order.environ, waits.id, waits.attempt)
    watch = Watch(order, process)
    try:
        await watch.until_over(poll)
    finally:
        await browser.finish(watch.end())
    return await asyncio.to_thread(_outcome, order, watch)


def supervising(
    chosen: settings.Settings, database: db.Database, environ: Mapping[str, str]
) -> Callable[[runs.Run], Coroutine[None, None, None]]:
    """Return the way to supervise runs under these settings; how each ends is logged."""

    async def see_to_its_end(waits: runs.Run) -> None:
        order = Child(run=waits, chosen=chosen, database=database, environ=environ)
        ended = await supervise(order)
        code = f" ({ended.code})" if ended.code else ""
        used = f"{ended.seconds:.1f} s, at most {ended.memory // 1_000_000} MB"
        logs.log.info(f"run {waits.id} {waits.collector}: {ended.status}{code}, {used}")

    return see_to_its_end


class Watch:
    """A child process at work, and what becomes of it."""

    def __init__(self, order: Child, process: subprocess.Process) -> None:
        self._order = order
        self._process = process
        self._began = time.monotonic()
        self._why: run_control.Stop | None = None
        self._interrupted = False
        self._said = b""
        self.peak = 0
        mark = order.chosen.storage.directory / "tmp" / f"{process.pid}-"
        self._tree = process_tree.Tree(process.pid, str(mark))
        self._listening = asyncio.create_task(self._listen())
        self._exiting = asyncio.create_task(process.wait())

    @property
    def seconds(self) -> float:
        """How long the process has worked."""
        return time.monotonic() - self._began

    async def until_over(self, poll: float) -> None:
        """Return when the process has ended by itself, or has to be ended."""
        while self._why is None and not await self._exits(max(min(poll, self._left()), TICK)):
            self._why = await asyncio.to_thread(self._look)

    async def end(self) -> None:
        """End what still runs, by asking and then by force, and put the run's row right."""
        self._interrupted = self._why is None and self._process.returncode is None
        if self._process.returncode is None:
            await self._ask_to_stop()
        until = time.monotonic() + KILLING
        while await asyncio.to_thread(self._tree.kill):
            if time.monotonic() > until:
                logs.log.error(f"run {self._order.run.id}: its processes cannot be killed")
                break
            await asyncio.sleep(TICK)
        await asyncio.wait({self._listening}, timeout=1)
        self._listening.cancel()
        self._exiting.cancel()
        await asyncio.to_thread(self._settle)

    async def _ask_to_stop(self) -> None:
        if self._why in aftermath.CODES:
            telling = asyncio.ensure_future(asyncio.to_thread(self._tell))
            await asyncio.wait({telling}, timeout=TELLING)
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        until = time.monotonic() + GRACE
        while time.monotonic() < until and not await self._exits(POLL):
            pass

    async def _exits(self, seconds: float) -> bool:
        """Wait for the process at most so long; tell whether it has ended."""
        if self._process.returncode is None:
            await asyncio.wait({self._exiting}, timeout=seconds)
        return self._process.returncode is not None

    async def _listen(self) -> None:
        """Keep the last of what the process says on standard error: it logs elsewhere."""
        assert self._process.stderr is not None  # noqa: S101 - it was asked for
        while said := await self._process.stderr.read(LAST_WORDS):
            self._said = (self._said + said)[-LAST_WORDS:]

    def _left(self) -> float:
        """Return the seconds that the run may still work."""
        waits = self._order.run
        if waits.deadline is None:
            return float("inf")
        return waits.deadline - waits.seconds - self.seconds

    def _look(self) -> run_control.Stop | None:
        """Return why the run has to stop now, None if it may go on."""
        limit = self._order.chosen.service.memory_mb * 1_000_000
        used = self._tree.memory(limit)
        self.peak = max(self.peak, used)
        if used > limit:
            return "memory"
        if self._left() <= 0:
            return "deadline"
        try:
            with self._order.database.read() as connection:
                return run_control.state(connection, self._order.run.id).stop
        except db.Unusable as error:
            logs.log.warning(f"run {self._order.run.id}: whether to stop it is not known: {error}")
            return None

    def _tell(self) -> None:
        """Write down why the run has to stop, for its own process to end it so."""
        if self._why is not None:
            with self._order.database.write() as connection:
                run_control.tell(connection, self._order.run.id, self._why)

    def _settle(self) -> None:
        """Write down how the attempt ended if its process did not; remove what its browser left."""
        order = self._order
        tmp = order.chosen.storage.directory / "tmp"
        if tmp.exists():
            processes.sweep(tmp)
        assembled = runtime.assemble(order.chosen, order.database, order.environ)
        left = aftermath.Left(
            run=order.run,
            seconds=self.seconds,
            interrupted=self._interrupted,
            why=self._why,
            crash=self._crash(),
        )
        if aftermath.settle(assembled, left) == "failed":
            said = f"{left.crash.code}: {left.crash.message}"
            run_logs.note(order.chosen.storage.directory, order.run.id, "error", said)

    def _crash(self) -> errors.GreenroomError:
        """Return what is known of a process that died without a word in the run's row."""
        code = self._process.returncode
        how = f"exit code {code}"
        if code is not None and code < 0:
            how = f"killed by {signal.Signals(-code).name}"
        said = self._said.decode(errors="replace").strip().splitlines()
        hidden = settings_show.secrets(self._order.chosen, self._order.environ)
        last = f"; its last words: {redact.text(said[-1], hidden)}" if said else ""
        return errors.GreenroomError("crashed", f"the run's process ended: {how}{last}")


def _waits_for_account(order: Child) -> bool:
    """Put the run off if another process has its account: a browser need not start to find out."""
    with order.database.read() as connection:
        name = runs.account_of(connection, order.run.account_id).name
    lock = settings.session_file(order.chosen, name).with_suffix(".lock")
    busy = alone.taken(lock)
    if busy is None or busy.code != "account_busy":
        return False
    with order.database.write() as connection:
        stands = runs.get(connection, order.run.id)
        if (stands.status, stands.attempt) == ("queued", order.run.attempt):
            noted = {"code": busy.code, "message": busy.message, "url": None}
            again = moment.now() + aftermath.BUSY_FOR
            run_queue.put_back(connection, stands, again, errors=[noted])
    return True


def _outcome(order: Child, watch: Watch | None = None) -> Ended:
    """Return what the run's row says."""
    with order.database.read() as connection:
        stands = runs.get(connection, order.run.id)
    return Ended(
        run_id=stands.id,
        status=stands.status,
        code=stands.errors[0]["code"] if stands.errors else None,
        seconds=watch.seconds if watch else 0.0,
        memory=watch.peak if watch else 0,
    )
