"""The process of a run works under the settings in force, whatever the file says by now."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs import child, settings
from tests.jobs import given_runs as given

TEXT = """
[storage]
directory = "data"
artefact_days = 3
[service]
memory_mb = 700
[browser]
headless = false
[sites.chaturbate]
base_url = "http://127.0.0.1:8000"
requests_per_minute = 0
[sites.chaturbate.sizes]
room_list = 9
[sites.chaturbate.selectors]
followers_row = "li.follower"
[accounts.studio]
site = "chaturbate"
username = "somebody"
answer_command = ["pass", "otp", "studio"]
"""


@pytest.mark.parametrize("database", ["", '[database]\nurl = "postgresql://me:pw@host/name"\n'])
def test_settings_are_handed_over_as_they_are_in_force(tmp_path: Path, database: str) -> None:
    environ = {"GREENROOM_SERVICE__BROWSERS": "5"}
    chosen = settings.read(TEXT + database, tmp_path / "greenroom.toml", environ)

    assert child.taken_over(child.handed_over(chosen)) == chosen


def test_settings_are_handed_over_without_a_file(tmp_path: Path) -> None:
    chosen = settings.read("", None, {"GREENROOM_STORAGE__DIRECTORY": str(tmp_path)})

    assert child.taken_over(child.handed_over(chosen)) == chosen


def test_the_line_that_hands_over_is_one_line() -> None:
    chosen = settings.read(TEXT, None, given.PASSWORDS)

    assert child.handed_over(chosen).count(b"\n") == 1


def test_a_process_of_one_run_needs_no_schedules() -> None:
    schedule = '[schedule.often]\ncollector = "chaturbate.chat"\naccount = "studio"\nevery = "1h"\n'
    chosen = settings.read(TEXT + schedule, None, {})
    taken = child.taken_over(child.handed_over(chosen))

    assert chosen.schedule
    assert taken == chosen.model_copy(update={"schedule": {}})
