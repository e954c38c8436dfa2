"""What becomes of due times, whatever happens: the table in docs/schedules.md, row by row."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from jobs import scheduling
from models import db, runs
from tests.jobs import given_schedules as given

DOCUMENT = Path(__file__).parents[2] / "docs" / "schedules.md"
HEAD = "| what happens | `missed` | `overlap` | 13:00 | 14:00 | 15:00 |"
MISSED = ("skip", "once")
OVERLAP = ("skip", "queue", "replace")


class Case(msgspec.Struct, frozen=True):
    happens: str
    missed: str
    overlap: str
    outcomes: tuple[str, ...]


def cases() -> Iterator[Case]:
    """Yield a case for each row of the table and each policy that it speaks of."""
    text = DOCUMENT.read_text("utf-8")
    rows = text[text.index(HEAD) :].partition("\n\n")[0].splitlines()[2:]
    for row in rows:
        happens, missed, overlap, *cells = [part.strip(" `") for part in row.strip("|").split("|")]
        outcomes = tuple(
            f"{hour}:00 {cell}"
            for hour, cell in zip((13, 14, 15), cells, strict=True)
            if cell != "-"
        )
        for one, other in itertools.product(
            MISSED if missed == "any" else (missed,), OVERLAP if overlap == "any" else (overlap,)
        ):
            yield Case(happens, one, other, outcomes)


CASES = list(cases())


class Story:
    """A schedule as its policies want it, and a day that begins at noon."""

    def __init__(self, database: db.Database, **policies: str) -> None:
        self.policies: dict[str, Any] = policies
        self.clock = given.Clock(database, at=given.NOON)
        self.working: set[int] = set()

    def define(self, **keys: Any) -> None:
        self.clock.edit(given.toml(**self.policies, **keys))

    def live(self, until: str) -> None:
        """Lead the clock; runs end after a few minutes, but for those that work on."""
        end = self._at(until)
        while self.clock.now < end:
            step = min(timedelta(minutes=5), end - self.clock.now)
            self.clock.watch(step, seconds=step.total_seconds())
            self.end_runs()

    def end_runs(self) -> None:
        for run in self.clock.runs():
            if run.stop == "replace":
                self.clock.note(run.id, status="cancelled", ended_at=self.clock.now)
            busy = any(one.status == "running" for one in self.clock.runs() if one.id != run.id)
            long_ago = self.clock.now - (run.due_at or self.clock.now) >= timedelta(minutes=5)
            if run.status == "queued" and long_ago and not busy and run.id not in self.working:
                self.clock.note(run.id, status="ok", ended_at=self.clock.now)

    def sleep(self, until: str) -> None:
        self.clock.now = self._at(until)
        self.clock.act()

    def work_on(self) -> None:
        """Let the run that was just placed work until it is told to stop."""
        (run,) = self.clock.runs()
        self.working.add(run.id)
        self.clock.note(run.id, status="running", active_at=self.clock.now)

    def restart(self) -> None:
        url = self.clock.database.url.render_as_string(hide_password=False)
        self.clock.database.close()
        self.clock.database = db.connect(url)

    def desk(self) -> scheduling.Desk:
        return scheduling.Desk(
            chosen=self.clock.chosen, database=self.clock.database, environ={}, now=self.clock.now
        )

    def account_waits(self, code: str | None) -> None:
        with self.clock.database.write() as connection:
            account = runs.account(connection, "studio", "chaturbate", "alice")
            runs.note_account(connection, account.id, waiting_for=code)

    def _at(self, text: str) -> Any:
        hour, minute, second = (int(part) for part in f"{text}:00".split(":")[:3])
        return given.NOON.replace(hour=hour, minute=minute, second=second)


def nothing(story: Story) -> None:
    story.define()
    story.live("15:30")


def asleep(story: Story) -> None:
    story.define()
    story.live("12:30")
    story.sleep("15:30")


def down(story: Story) -> None:
    story.define()
    story.live("12:30")
    story.restart()
    story.sleep("15:00:40")


def restarted(story: Story) -> None:
    story.define()
    story.live("12:59:50")
    story.restart()
    story.sleep("13:00:40")
    story.live("15:30")


def killed_often(story: Story) -> None:
    story.define()
    for hour, minute in itertools.product((12, 13, 14, 15), range(0, 60, 10)):
        story.live(f"{hour}:{minute:02}")
        story.restart()


def long_run(story: Story) -> None:
    story.define()
    story.live("13:00")
    story.work_on()
    story.live("15:30")


def long_run_and_sleep(story: Story) -> None:
    story.define()
    story.live("13:00")
    story.work_on()
    story.live("13:30")
    story.sleep("15:30")


def added(story: Story) -> None:
    story.live("13:30")
    story.define()
    story.live("15:30")


def edited_often(story: Story) -> None:
    for hour, minute in itertools.product((12, 13, 14, 15), range(0, 60, 10)):
        story.live(f"{hour}:{minute:02}")
        story.define(deadline=f"{minute + 1}m")


def edited_asleep(story: Story) -> None:
    story.define()
    story.live("12:30")
    story.clock.now = given.NOON.replace(hour=15, minute=30)
    story.define(deadline="5m")


def removed_asleep(story: Story) -> None:
    story.define()
    story.live("12:30")
    story.clock.now = given.NOON.replace(hour=15, minute=30)
    story.clock.edit()


def disabled(story: Story) -> None:
    story.define()
    story.live("12:30")
    story.define(enabled=False)
    story.live("14:30")
    story.define()
    story.live("15:30")


def paused(story: Story) -> None:
    story.define()
    story.live("12:30")
    scheduling.pause(story.desk(), "lists")
    story.live("14:30")
    scheduling.resume(story.desk(), "lists")
    story.live("15:30")


def paused_asleep(story: Story) -> None:
    story.define()
    story.live("12:30")
    scheduling.pause(story.desk(), "lists")
    story.live("12:40")
    story.sleep("15:30")


def paused_asleep_resumed(story: Story) -> None:
    story.define()
    story.live("12:30")
    scheduling.pause(story.desk(), "lists")
    story.live("12:40")
    story.clock.now = given.NOON.replace(hour=15, minute=30)
    scheduling.resume(story.desk(), "lists")
    story.live("15:40")


def asleep_then_paused(story: Story) -> None:
    story.define()
    story.live("12:30")
    story.clock.now = given.NOON.replace(hour=14, minute=30)
    scheduling.pause(story.desk(), "lists")
    story.live("15:30")


def quiet(story: Story) -> None:
    story.define(quiet="12:30-14:30")
    story.live("15:30")


def quiet_asleep(story: Story) -> None:
    story.define(quiet="12:30-14:30")
    story.live("12:40")
    story.sleep("15:30")


def account_waits(story: Story) -> None:
    story.define()
    story.live("12:30")
    story.account_waits("challenge")
    story.live("14:30")
    story.account_waits(None)
    story.live("15:30")


def asleep_account_waits(story: Story) -> None:
    story.define()
    story.live("12:30")
    story.account_waits("challenge")
    story.sleep("15:30")


STORIES: dict[str, Callable[[Story], None]] = {
    "nothing": nothing,
    "asleep from 12:30 to 15:30": asleep,
    "the service is down from 12:30 to 15:00:40": down,
    "the service restarts from 12:59:50 to 13:00:40": restarted,
    "the service is killed every ten minutes": killed_often,
    "the run of 13:00 works until 15:30": long_run,
    "the run of 13:00 works on, asleep from 13:30 to 15:30": long_run_and_sleep,
    "added at 13:30": added,
    "edited every ten minutes": edited_often,
    "asleep from 12:30 to 15:30, edited meanwhile": edited_asleep,
    "asleep from 12:30 to 15:30, removed meanwhile": removed_asleep,
    "disabled from 12:30 to 14:30": disabled,
    "paused from 12:30 to 14:30": paused,
    "paused at 12:30, asleep from 12:40 to 15:30": paused_asleep,
    "paused at 12:30, asleep from 12:40 to 15:30, resumed then": paused_asleep_resumed,
    "asleep from 12:30 to 14:30, paused then": asleep_then_paused,
    "quiet from 12:30 to 14:30": quiet,
    "quiet from 12:30 to 14:30, asleep from 12:40 to 15:30": quiet_asleep,
    "the account waits from 12:30 to 14:30": account_waits,
    "asleep from 12:30 to 15:30, the account waits": asleep_account_waits,
}


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case.happens} {case.missed} {case.overlap}"
)
def test_what_becomes_of_due_times_is_as_documented(case: Case, new_database: db.Database) -> None:
    story = Story(new_database, missed=case.missed, overlap=case.overlap)

    STORIES[case.happens](story)

    outcomes = story.clock.outcomes()
    assert tuple(outcomes) == case.outcomes
    placed = [run.due_at for run in story.clock.runs()]
    assert len(placed) == len(set(placed)) == sum(" run" in one for one in outcomes)
    story.clock.database.close()


def test_the_table_tells_every_story_for_every_policy() -> None:
    told = {(case.happens, case.missed, case.overlap) for case in CASES}
    both = itertools.product(STORIES, MISSED, OVERLAP)

    assert told == set(both) - {
        ("asleep from 12:30 to 15:30, the account waits", "skip", one) for one in OVERLAP
    }


def test_every_outcome_is_explained() -> None:
    text = DOCUMENT.read_text("utf-8")

    assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) >= {
        "run", "missed", "overlapped", "paused", "waiting", "quiet", "refused",
    }  # fmt: skip
