"""`greenroom schedule` and `greenroom init`, as an operator uses them."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from jobs.cli import exits
from models import db
from models import schedules as kept
from tests.jobs.given_command import at_once

SETTINGS = """\
# mine
[storage]
directory = "data"

[accounts.studio]
site = "chaturbate"
username = "alice"
"""

NIGHTLY = """
[schedule.nightly]   # while nobody looks
collector = "chaturbate.followers"
account = "studio"
at = "02:30"   # early
timezone = "Europe/Berlin"
"""

TIPS = ("--collector", "chaturbate.tips", "--account", "studio")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "greenroom.toml").write_text(SETTINGS + NIGHTLY)
    return tmp_path


def ask(home: Path, *arguments: str) -> str:
    said = at_once(home, *arguments)
    assert said.returncode == exits.OK, said.stderr
    return said.stdout


def listed(home: Path) -> dict[str, Any]:
    return {one["name"]: one for one in json.loads(ask(home, "schedule", "list", "--json"))}


def test_a_schedule_is_added_listed_paused_resumed_and_removed(home: Path) -> None:
    added = ask(home, "schedule", "add", "tips", *TIPS, "--every", "30m", "--missed", "once")
    assert "tips: added; every 30m\n  missed due times are made up for by one run\n" in added
    assert {name: one["origin"] for name, one in listed(home).items()} == {
        "nightly": "file",
        "tips": "cli",
    }
    assert listed(home)["tips"]["next_due_at"] is not None

    assert ask(home, "schedule", "pause", "tips") == "tips: paused.\n"
    assert "  paused since " in ask(home, "schedule", "list")
    assert listed(home)["tips"]["next_due_at"] is None
    assert ask(home, "schedule", "pause", "--all") == "nightly: paused.\ntips: is paused already.\n"
    assert ask(home, "schedule", "resume", "--all") == "nightly: due again.\ntips: due again.\n"

    assert ask(home, "schedule", "remove", "tips") == "tips: removed; what ran by it stays.\n"
    assert sorted(listed(home)) == ["nightly"]


def test_a_schedule_of_the_file_is_changed_in_the_file_and_its_comments_stay(home: Path) -> None:
    ask(home, "schedule", "edit", "nightly", "--at", "03:30", "--jitter", "5m")

    text = (home / "greenroom.toml").read_text()
    changed = NIGHTLY.replace("02:30", "03:30") + 'jitter = "5m"\n'
    assert text == SETTINGS + changed
    assert listed(home)["nightly"]["at"] == ["03:30"]

    ask(home, "schedule", "edit", "nightly", "--jitter", "")
    assert (home / "greenroom.toml").read_text() == SETTINGS + NIGHTLY.replace("02:30", "03:30")

    ask(home, "schedule", "remove", "nightly")
    assert (home / "greenroom.toml").read_text().split() == SETTINGS.split()
    assert listed(home) == {}


def test_another_way_of_being_due_takes_the_place_of_the_old_one(home: Path) -> None:
    ask(home, "schedule", "add", "tips", *TIPS, "--every", "30m")
    said = ask(
        home, "schedule", "edit", "tips", "--cron", "0 9 * * 1", "--timezone", "America/New_York"
    )

    assert said.startswith("tips: changed; cron 0 9 * * 1 (America/New_York)\n  Monday ")
    assert said.count("09:00 E") == 3
    assert "every" not in listed(home)["tips"]


def test_a_disabled_schedule_is_enabled_again(home: Path) -> None:
    ask(home, "schedule", "edit", "nightly", "--disable")
    assert "enabled = false" in (home / "greenroom.toml").read_text()
    assert listed(home)["nightly"]["enabled"] is False

    ask(home, "schedule", "edit", "nightly", "--enable")
    assert listed(home)["nightly"]["enabled"] is True


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (("add", "tips", *TIPS), "is never due; set exactly one of cron, every, at and after"),
        (("add", "tips", *TIPS, "--cron", "0 9 * *"), "cron: needs five fields"),
        (
            ("add", "tips", *TIPS, "--every", "1h", "--timezone", "Mars"),
            "timezone: must be an IANA",
        ),
        (("add", "Tips!", *TIPS, "--every", "1h"), "'Tips!' may hold lower-case letters"),
        (("add", "nightly", *TIPS, "--every", "1h"), "there is a schedule nightly already"),
        (("add", "tips", *TIPS, "--after", "nobody"), "after: there is no schedule nobody"),
        (("add", "tips", *TIPS, "--every", "1h", "--quiet", "all"), "quiet: must be a span"),
        (("add", "tips", *TIPS, "--every", "10m", "--jitter", "10m"), "jitter must be shorter"),
        (("edit", "nightly", "--after", "nightly"), "timezone has no meaning with after"),
        (("edit", "nobody", "--every", "1h"), "there is no schedule nobody (known: nightly)"),
        (("remove", "nobody"), "there is no schedule nobody"),
        (("pause",), "name a schedule, or --all"),
        (("preview", "nobody"), "there is no schedule nobody"),
        (("history", "nobody"), "there is no schedule nobody"),
        (("run", "nobody"), "there is no schedule nobody"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason_and_nothing_changes(
    home: Path, arguments: tuple[str, ...], fault: str
) -> None:
    said = at_once(home, "schedule", *arguments)

    assert said.returncode == exits.USAGE
    assert said.stderr.startswith("error[bad_request]: ")
    assert fault in said.stderr
    assert (home / "greenroom.toml").read_text() == SETTINGS + NIGHTLY
    assert sorted(listed(home)) == ["nightly"]


def test_a_dry_run_shows_what_would_be_due_and_keeps_nothing(home: Path) -> None:
    said = ask(home, "schedule", "add", "tips", *TIPS, "--at", "09:30", "--dry-run")
    edited = ask(home, "schedule", "edit", "nightly", "--at", "04:30", "--dry-run")

    assert "tips: right; daily at 09:30 (UTC)\n" in said
    assert "04:30 CE" in edited
    assert sorted(listed(home)) == ["nightly"]
    assert (home / "greenroom.toml").read_text() == SETTINGS + NIGHTLY


def test_a_schedule_that_another_one_follows_is_not_removed(home: Path) -> None:
    ask(home, "schedule", "add", "tips", *TIPS, "--after", "nightly")

    said = at_once(home, "schedule", "remove", "nightly")

    assert said.returncode == exits.USAGE
    assert "tips is due after nightly; change that first" in said.stderr


def test_a_preview_shows_five_times_with_their_zone(home: Path) -> None:
    lines = ask(home, "schedule", "preview").splitlines()
    (shown,) = json.loads(ask(home, "schedule", "preview", "nightly", "--json", "--count", "3"))

    assert lines[0] == "nightly: daily at 02:30 (Europe/Berlin)"
    assert len(lines) == 6
    assert all(" 02:30 CE" in line and "(Europe/Berlin), in " in line for line in lines[1:])
    assert [one["timezone"] for one in shown["coming"]] == ["Europe/Berlin"] * 3


def test_a_run_by_hand_belongs_to_the_schedule_and_takes_no_due_time(home: Path) -> None:
    said = at_once(home, "schedule", "run", "nightly", "--json")

    report = json.loads(said.stdout)
    assert said.returncode == exits.NEEDS_OPERATOR  # nobody is there to type a password
    assert report["collector"] == "chaturbate.followers"
    assert listed(home)["nightly"]["last_run"] == {"run": 1, "status": "needs_operator"}
    assert ask(home, "schedule", "history", "nightly") == "nightly has not been due yet.\n"


def test_the_history_tells_of_each_due_time_what_became_of_it(home: Path) -> None:
    listed(home)
    database = db.connect(f"sqlite:///{home / 'data' / 'greenroom.db'}")
    with database.write() as connection:
        row = kept.get(connection, "nightly")
        day = row.changed_at.replace(microsecond=0)
        kept.note(
            connection,
            [
                kept.DueTime(
                    schedule_id=row.id,
                    due_at=day,
                    decided_at=day,
                    outcome="missed",
                    reason="nobody led the clock",
                )
            ],
        )
    database.close()

    said = ask(home, "schedule", "history", "nightly")

    assert said.endswith(" UTC  missed: nobody led the clock\n")
    assert "missed: nobody led the clock" in ask(home, "schedule", "list")


def test_an_account_that_schedules_name_is_not_removed(home: Path) -> None:
    said = at_once(home, "accounts", "remove", "studio")

    assert said.returncode == exits.USAGE
    assert "schedule.nightly.account: there is no account studio" in said.stderr
    assert (home / "greenroom.toml").read_text() == SETTINGS + NIGHTLY


def test_init_writes_schedules_that_can_be_kept(tmp_path: Path) -> None:
    file = tmp_path / "greenroom.toml"
    file.write_text(SETTINGS)

    shown = ask(tmp_path, "init", "--dry-run")
    assert shown.endswith("Nothing was written.\n")
    assert file.read_text() == SETTINGS
    written = ask(tmp_path, "init")

    assert written.endswith(f"{file}: 7 schedules added; `greenroom serve` runs them.\n")
    assert file.read_text().startswith(SETTINGS)
    assert ask(tmp_path, "config", "check").endswith(f"{file}: ok\n")
    assert {one["collector"]: one["cron"] for one in listed(tmp_path).values()} == {
        "chaturbate.followed": "3,33 * * * *",
        "chaturbate.followers": "10 */6 * * *",
        "chaturbate.chat": "17 * * * *",
        "chaturbate.tips": "24 * * * *",
        "chaturbate.rooms": "31 */6 * * *",
        "chaturbate.profiles": "38 4 * * *",
        "chaturbate.images": "15,45 * * * *",
    }
    assert ask(tmp_path, "init").startswith("Every account has its schedules already")


def test_init_leaves_out_what_is_scheduled_already(home: Path) -> None:
    ask(home, "init")

    assert "studio-followers" not in listed(home)
    assert "studio-followed" in listed(home)


def test_init_listens_where_a_token_lets_it_instead_of_draining_a_feed(tmp_path: Path) -> None:
    file = tmp_path / "greenroom.toml"
    file.write_text(SETTINGS)
    said = at_once(tmp_path, "init", GREENROOM_TOKEN_STUDIO__EVENTS="canary-token")
    again = at_once(tmp_path, "init", GREENROOM_TOKEN_STUDIO__EVENTS="canary-token")

    assert "studio-events: chaturbate.events for studio, as it happens\n" in said.stdout
    assert said.stdout.endswith("7 schedules and 1 feed added; `greenroom serve` runs them.\n")
    assert tomllib.loads(file.read_text())["feeds"] == {
        "studio-events": {"feed": "chaturbate.events", "account": "studio"}
    }
    assert "chaturbate.events" not in {one["collector"] for one in listed(tmp_path).values()}
    assert again.stdout.startswith("Every account has its schedules already")


def test_init_leaves_a_feed_to_the_schedule_that_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "greenroom.toml"
    file.write_text(f"{SETTINGS}{DRAINED}")
    said = at_once(tmp_path, "init", GREENROOM_TOKEN_STUDIO__EVENTS="canary-token")

    assert said.returncode == 0, said.stderr
    assert "feeds" not in tomllib.loads(file.read_text())


DRAINED = """
[schedule.drain]
collector = "chaturbate.events"
account = "studio"
every = "5m"
"""


def test_init_needs_an_account(tmp_path: Path) -> None:
    said = at_once(tmp_path, "init")

    assert said.returncode == exits.USAGE
    assert "add one with `greenroom accounts add`" in said.stderr


def test_looking_at_schedules_makes_none(tmp_path: Path) -> None:
    (tmp_path / "greenroom.toml").write_text(SETTINGS)

    said = ask(tmp_path, "schedule", "list")

    assert said == "There is no schedule yet; `greenroom init` proposes some.\n"
