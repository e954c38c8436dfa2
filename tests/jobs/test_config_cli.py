import resource
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.cli import app, exits
from scraper import errors
from tests.jobs import given_command


def test_help_answers_before_anything_heavy_is_imported() -> None:
    heavy = ("alembic", "httpx", "loguru", "msgspec", "playwright", "pydantic", "rich")
    code = (
        "import sys, jobs.cli.app as app; app.build();"
        f"print([name for name in {(*heavy, 'sqlalchemy', 'sqlmodel')} if name in sys.modules])"
    )

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert said.stdout.strip() == "[]"


def test_help_takes_under_four_tenths_of_a_second(tmp_path: Path) -> None:
    given_command.greenroom(tmp_path, "--help")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)

    said = given_command.greenroom(tmp_path, "--help")

    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert said.returncode == 0
    assert (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime) < 0.4


@pytest.mark.parametrize("group", ["", *app.GROUPS])
def test_a_group_without_a_command_shows_its_help(tmp_path: Path, group: str) -> None:
    said = given_command.greenroom(tmp_path, *group.split())

    assert said.returncode == exits.USAGE
    assert said.stderr.startswith("Usage: greenroom")


def test_a_wrong_command_line_says_so_and_exits_with_2(tmp_path: Path) -> None:
    said = given_command.greenroom(tmp_path, "config", "chek")

    assert said.returncode == exits.USAGE
    assert said.stderr.startswith("error[bad_request]: No such command 'chek'.")
    assert "remedy: `greenroom config --help`" in said.stderr


def test_the_version_is_printed(tmp_path: Path) -> None:
    said = given_command.greenroom(tmp_path, "--version")

    assert (said.returncode, said.stdout) == (0, "greenroom 0.1.0\n")


def test_check_without_a_file_is_content_and_says_what_comes_next(tmp_path: Path) -> None:
    said = given_command.greenroom(tmp_path, "config", "check")

    assert said.returncode == 0
    assert "add one with `greenroom accounts add`" in said.stdout
    assert said.stdout.endswith("No settings file; the defaults: ok\n")


def test_check_names_file_key_fault_and_remedy(tmp_path: Path) -> None:
    file = tmp_path / "greenroom.toml"
    file.write_text("[sites.chaturbate]\nretrys = 3\n")

    said = given_command.greenroom(tmp_path, "config", "check")

    assert said.returncode == exits.USAGE
    assert not said.stdout
    assert said.stderr == (
        f"error[bad_config]: {file}: sites.chaturbate.retrys: "
        "no such key; did you mean retries?\n"
        f"remedy: {errors.CODES['bad_config']}\n"
    )


def test_check_notes_a_password_that_belongs_to_nobody(tmp_path: Path) -> None:
    said = given_command.greenroom(tmp_path, "config", "check", GREENROOM_PASSWORD_ALCIE="hunter2")

    assert "note: GREENROOM_PASSWORD_ALCIE belongs to no account." in said.stdout
    assert "hunter2" not in said.stdout + said.stderr


def test_show_prints_what_is_in_force(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.toml"
    elsewhere.write_text('[database]\nurl = "postgresql://green:hunter2@localhost/history"\n')

    said = given_command.greenroom(tmp_path, "--config", str(elsewhere), "config", "show")

    assert said.returncode == 0
    assert f"# {elsewhere}\n" in said.stdout
    assert 'url = "postgresql+psycopg://green:***@localhost/history"' in said.stdout


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.BadConfig("bad_config"), 2),
        (errors.NeedsOperator("challenge"), 3),
        (errors.SignInAgain("signed_out"), 3),
        (errors.TryLater("throttled"), 4),
        (errors.PageChanged("not_json"), 4),
        (errors.Refused("forbidden"), 4),
        (errors.Busy("account_busy"), 6),
    ],
)
def test_every_error_has_its_exit_code(error: errors.GreenroomError, code: int) -> None:
    assert exits.of_error(error) == code
