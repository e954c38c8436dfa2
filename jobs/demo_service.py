"""The service against the practice site, times compressed: what ran, and what did not and why."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

import msgspec

from fixtures.practice import client
from jobs import demo
from models import db, run_list, schedules

SECONDS = 120
COMMAND = (sys.executable, "-c", "from jobs.cli.app import main; main()")

SCHEDULES = f"""
[service]
port = 0
lease_seconds = 5

[schedule.followed]
collector = "chaturbate.followed"
account = "{demo.ACCOUNT}"
every = "20s"
missed = "once"

[schedule.followers]
collector = "chaturbate.followers"
account = "{demo.ACCOUNT}"
every = "30s"
overlap = "queue"

[schedule.chat]
collector = "chaturbate.chat"
account = "{demo.ACCOUNT}"
every = "10s"

[schedule.tips]
collector = "chaturbate.tips"
account = "{demo.ACCOUNT}"
after = "followers"
"""

Say = Callable[[str], None]


class Scene(msgspec.Struct, frozen=True):
    """What the demo does after a share of its time."""

    share: float
    told: str
    act: Callable[[], None]


class Row(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A due time and what came of it."""

    due_at: datetime
    schedule: str
    came: str


class Service:
    """A `greenroom serve` of its own process, that can be stopped, killed and started again."""

    def __init__(self, stage: demo.Stage, environ: Mapping[str, str]) -> None:
        self._stage = stage
        self._environ = {**environ, **stage.environ}
        self._log = (stage.folder / "serve.log").open("ab")
        self._process: subprocess.Popen[bytes] | None = None

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of a greenroom that works with the demo's settings."""
        return [*COMMAND, "--config", str(self._stage.folder / "greenroom.toml"), *arguments]

    def start(self) -> None:
        """Start it."""
        self._process = subprocess.Popen(  # noqa: S603 - our own command line
            self.command("serve"), env=self._environ, stderr=self._log, stdin=subprocess.DEVNULL
        )

    def kill(self) -> None:
        """Kill it, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def run(self, *arguments: str) -> None:
        """Run another command beside it, as an operator would."""
        subprocess.run(  # noqa: S603 - our own command line
            self.command(*arguments), env=self._environ, check=True, stdout=subprocess.DEVNULL
        )

    def stop(self) -> float:
        """Tell it to stop; return how many seconds that took."""
        began = time.monotonic()
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait()
        self._log.close()
        return time.monotonic() - began


def play(
    world: client.Practice, stage: demo.Stage, environ: Mapping[str, str], seconds: float, say: Say
) -> None:
    """Let the service work for so long, with a few mishaps on the way, then stop it."""
    service = Service(stage, environ)
    scenes = [
        Scene(0.3, "people come and go", lambda: _move(world)),
        Scene(0.4, "chat is paused", lambda: service.run("schedule", "pause", "chat")),
        Scene(0.55, "chat goes on", lambda: service.run("schedule", "resume", "chat")),
        Scene(0.65, "the service is killed, as by a power cut", service.kill),
        Scene(0.9, "the service is started again", service.start),
    ]
    began = time.monotonic()
    service.start()
    say(f"  0 s  the service is started; it works for {seconds:.0f} s")
    try:
        for scene in scenes:
            _wait(began + scene.share * seconds)
            say(f"{time.monotonic() - began:3.0f} s  {scene.told}")
            scene.act()
        _wait(began + seconds)
    finally:
        took = service.stop()
    say(f"{time.monotonic() - began:3.0f} s  the service is stopped, which took {took:.1f} s")


def timeline(connection: db.Connection) -> Iterator[Row]:
    """Yield every due time of every schedule and what came of it."""
    ended = {
        line.id: line.status for line in run_list.listed(connection, run_list.Wanted(limit=1000))
    }
    for schedule in schedules.standing(connection):
        for due in schedules.due_times(connection, schedule.id, limit=1000):
            came = f"{due.outcome}: {due.reason}" if due.reason else due.outcome
            if due.run_id is not None:
                came = f"run {due.run_id} {ended.get(due.run_id, 'gone')}"
            yield Row(due_at=due.due_at, schedule=schedule.name, came=came)


def _move(world: client.Practice) -> None:
    world.churn_random(seed=11, joins=2, leaves=3, follows=1, unfollows=1)


def _wait(until: float) -> None:
    time.sleep(max(0.0, until - time.monotonic()))


def add_schedules(folder: Path) -> None:
    """Add the demo's schedules to its settings."""
    file = folder / "greenroom.toml"
    file.write_text(file.read_text("utf-8") + SCHEDULES, "utf-8")
