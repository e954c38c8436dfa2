import json
import stat
from pathlib import Path

from jobs.cli import exits
from tests.jobs.given_command import greenroom

ALICE = ("accounts", "add", "alice", "--site", "chaturbate", "--username", "alice_s")


def test_adding_the_first_account_begins_a_commented_file_for_the_owner_only(
    tmp_path: Path,
) -> None:
    said = greenroom(tmp_path, *ALICE)

    file = tmp_path / "config" / "greenroom" / "greenroom.toml"
    assert said.returncode == 0
    assert "GREENROOM_PASSWORD_ALICE" in said.stdout
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text().startswith("# Settings of Greenroom.")
    assert file.read_text().endswith(
        '[accounts.alice]\nsite = "chaturbate"\nusername = "alice_s"\n'
    )
    assert greenroom(tmp_path, "config", "check").stdout.endswith(f"{file}: ok\n")


def test_a_new_file_can_begin_in_the_working_directory(tmp_path: Path) -> None:
    greenroom(tmp_path, *ALICE, "--here")

    assert (tmp_path / "greenroom.toml").is_file()


def test_a_new_file_can_begin_where_the_operator_says(tmp_path: Path) -> None:
    place = tmp_path / "new" / "mine.toml"

    said = greenroom(tmp_path, "--config", str(place), *ALICE)

    assert said.returncode == 0, said.stderr
    assert place.is_file()


def test_adding_and_removing_keeps_comments_order_and_permissions(tmp_path: Path) -> None:
    file = tmp_path / "greenroom.toml"
    before = (
        "# mine\n[accounts.zoe]   # first\nsite = 'chaturbate' # literal\nusername = \"zoe\"\n\n"
        "[browser]\nheadless = false\n"
    )
    file.write_text(before)
    file.chmod(0o640)

    greenroom(tmp_path, *ALICE)
    assert [row["name"] for row in listed(tmp_path)] == ["alice", "zoe"]
    assert all(line in file.read_text() for line in before.splitlines())
    said = greenroom(tmp_path, "accounts", "remove", "alice")

    assert said.returncode == 0, said.stderr
    assert file.read_text().split() == before.split()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def listed(home: Path, **variables: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = json.loads(
        greenroom(home, "accounts", "list", "--json", **variables).stdout
    )
    return rows


def test_a_list_says_where_the_password_comes_from_and_never_what_it_is(tmp_path: Path) -> None:
    greenroom(tmp_path, *ALICE)

    (row,) = listed(tmp_path, GREENROOM_PASSWORD_ALICE="hunter2")

    assert row == {
        "name": "alice",
        "site": "chaturbate",
        "username": "alice_s",
        "password": "environment",
        "tokens": {"campaign": "missing", "events": "missing", "stats": "missing"},
    }
    assert listed(tmp_path)[0]["password"] == "prompt"


def test_an_account_cannot_be_added_twice(tmp_path: Path) -> None:
    greenroom(tmp_path, *ALICE)

    said = greenroom(tmp_path, *ALICE)

    assert said.returncode == exits.USAGE
    assert said.stderr.startswith("error[bad_request]: there is an account alice already.")


def test_a_wrong_account_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "greenroom.toml"
    file.write_text("# mine\n")

    said = greenroom(tmp_path, "accounts", "add", "bob", "--site", "chaturbat", "--username", "b")

    assert said.returncode == exits.USAGE
    assert "did you mean chaturbate?" in said.stderr
    assert file.read_text() == "# mine\n"


def test_a_strange_account_name_is_refused(tmp_path: Path) -> None:
    said = greenroom(tmp_path, "accounts", "add", "A b", "--site", "chaturbate", "--username", "b")

    assert said.returncode == exits.USAGE
    assert "may hold lower-case letters, digits, - and _ only" in said.stderr


def test_removing_an_account_forgets_its_session(tmp_path: Path) -> None:
    greenroom(tmp_path, *ALICE)
    session = tmp_path / "data" / "greenroom" / "sessions" / "alice.json"
    session.parent.mkdir(parents=True)
    session.write_text('{"cookies": []}')

    said = greenroom(tmp_path, "accounts", "remove", "alice")

    assert said.returncode == 0, said.stderr
    assert not session.exists()
    assert listed(tmp_path) == []


def test_an_account_that_is_not_there_cannot_be_removed(tmp_path: Path) -> None:
    greenroom(tmp_path, *ALICE)

    said = greenroom(tmp_path, "accounts", "remove", "bob")

    assert said.returncode == exits.USAGE
    assert "the settings file has no account bob" in said.stderr


def test_a_file_that_may_not_be_replaced_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file where a folder must be")

    said = greenroom(tmp_path, *ALICE)

    assert said.returncode == exits.USAGE
    assert "cannot be written" in said.stderr
