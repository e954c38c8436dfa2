from __future__ import annotations

import asyncio
import json
import os
import pty
import select
import stat
import subprocess
from pathlib import Path

import pytest

from jobs import doctor as examination
from jobs import sections, settings
from jobs.cli import exits
from scraper import errors
from tests.jobs import given_command
from tests.jobs.given_command import greenroom
from tests.scraper import given_vault

ALICE = '[accounts.alice]\nsite = "chaturbate"\nusername = "alice_s"\n'
PASSWORD = "password-canary"
KEY = given_vault.key("A")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a home with one account, alice."""
    (tmp_path / "greenroom.toml").write_text(ALICE)
    return tmp_path


def data(home: Path) -> Path:
    return home / "data" / "greenroom"


def store(
    home: Path, typed: str = PASSWORD + "\n", **variables: str
) -> subprocess.CompletedProcess[str]:
    return greenroom(home, "accounts", "store-password", "alice", typed=typed, **variables)


def source(home: Path, **variables: str) -> str:
    said = greenroom(home, "accounts", "list", "--json", **variables)
    (row,) = json.loads(said.stdout)
    return str(row["password"])


def doctor(home: Path) -> tuple[bool, str, str]:
    """Return what the doctor says of the vault: whether it is well, what it found, the remedy."""
    chosen = settings.Settings(storage=sections.Storage(directory=data(home)))

    async def examined() -> examination.Finding:
        return await examination.CHECKS["vault"]("vault", examination.Place(chosen, {}))

    found = asyncio.run(examined())
    return found.ok, found.found, found.remedy


def test_a_stored_password_is_listed_as_the_vaults_and_stands_nowhere_in_clear(home: Path) -> None:
    said = store(home)

    assert said.stdout == "alice: password stored in the vault.\n"
    assert source(home) == "vault"
    assert source(home, GREENROOM_PASSWORD_ALICE="other") == "environment"
    assert given_vault.secrets_in(home) == []
    assert stat.S_IMODE((data(home) / "vault.key").stat().st_mode) == 0o600


def test_a_password_is_never_an_argument(home: Path) -> None:
    said = greenroom(home, "accounts", "store-password", "alice", PASSWORD)

    assert said.returncode == exits.USAGE
    assert PASSWORD not in said.stdout


def test_a_password_is_asked_for_twice_and_unseen_at_a_terminal(home: Path) -> None:
    above, below = pty.openpty()
    with subprocess.Popen(
        [*given_command.COMMAND, "accounts", "store-password", "alice"],
        cwd=home,
        env=given_command.environment(home),
        stdin=below,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as asking:
        assert asking.stderr is not None
        for prompt, typed in (("Password of alice: ", PASSWORD), ("\nOnce more: ", "another")):
            assert asking.stderr.read(len(prompt)).decode() == prompt
            os.write(above, f"{typed}\n".encode())
        said = asking.stderr.read().decode()
    shown = os.read(above, 1000) if select.select([above], [], [], 0)[0] else b""
    os.close(below)
    os.close(above)

    assert "the two differ; nothing was stored" in said
    assert PASSWORD not in said + shown.decode()
    assert source(home) == "prompt"


def test_a_password_keeps_its_blanks_and_an_empty_one_is_refused(home: Path) -> None:
    assert store(home, typed="\n").returncode == exits.USAGE
    assert not data(home).exists()
    store(home, typed=" two  blanks \r\n")
    box = given_vault.opened(data(home))
    assert box.get("alice", "credentials") == {"password": " two  blanks "}


def test_a_forgotten_password_leaves_the_rest_of_the_credentials(home: Path) -> None:
    box = given_vault.opened(data(home))
    box.put("alice", "credentials", {"totp_secret": "JBSWY3DPEHPK3PXP", "answer": False})
    store(home)

    said = greenroom(home, "accounts", "forget-password", "alice")

    assert said.stdout == "alice: password deleted.\n"
    assert box.get("alice", "credentials") == {"totp_secret": "JBSWY3DPEHPK3PXP", "answer": False}
    again = greenroom(home, "accounts", "forget-password", "alice")
    assert again.stdout == "alice: the vault has no password of it.\n"


@pytest.mark.parametrize("command", ["store-password", "forget-password"])
def test_only_accounts_have_passwords(home: Path, command: str) -> None:
    said = greenroom(home, "accounts", command, "bob", typed=PASSWORD)

    assert said.returncode == exits.USAGE
    assert "there is no account bob" in said.stderr


def test_removing_an_account_forgets_all_that_is_sealed_of_it(home: Path) -> None:
    given_vault.fill(given_vault.opened(data(home)))
    plain = data(home) / "sessions" / "alice.json"
    plain.parent.mkdir()
    plain.write_text('{"cookies": []}')

    assert greenroom(home, "accounts", "remove", "alice").returncode == exits.OK

    assert sorted(path.name for path in (data(home) / "vault").iterdir()) == ["bob.session", "lock"]
    assert not plain.exists()


def test_status_and_doctor_say_where_the_key_is_and_whether_all_opens(home: Path) -> None:
    assert greenroom(home, "vault", "status").stdout.startswith("no key yet")
    assert doctor(home)[:2] == (
        True,
        "key none, nowhere yet: made at first use; 0 sealed, all open",
    )
    store(home)

    said = greenroom(home, "vault", "status")

    key_id = given_vault.opened(data(home)).key_id
    place = data(home) / "vault.key"
    assert said.stdout == f"key {key_id}, in {place}\nalice  credentials  opens\n"
    assert doctor(home) == (True, f"key {key_id}, {place}; 1 sealed, all open", "")
    assert greenroom(home, "config", "show").stdout.endswith(f"\n# the vault's key: {place}\n")
    shown = greenroom(home, "config", "show", GREENROOM_KEY=KEY).stdout
    assert shown.endswith("\n# the vault's key: GREENROOM_KEY\n")
    assert KEY not in shown


def test_a_lost_key_is_told_with_what_to_do_and_a_new_password_heals_it(home: Path) -> None:
    store(home)
    (data(home) / "vault.key").unlink()

    status = greenroom(home, "vault", "status", "--json")
    assert status.returncode == exits.NEEDS_OPERATOR
    assert [one["fault"] for one in json.loads(status.stdout)["sealed"]] == ["vault_key_missing"]
    well, found, remedy = doctor(home)
    assert (well, remedy) == (False, errors.CODES["vault_key_missing"])
    assert "alice.credentials is sealed with key" in found
    assert source(home) == "unreadable"
    assert source(home, GREENROOM_KEY=KEY) == "unreadable"

    assert "moved aside" in store(home).stdout
    assert source(home) == "vault"
    assert (data(home) / "vault" / "alice.credentials.unreadable").exists()
    assert greenroom(home, "vault", "status").returncode == exits.OK


def test_a_key_that_others_may_read_is_told(home: Path) -> None:
    store(home)
    (data(home) / "vault.key").chmod(0o644)

    well, found, remedy = doctor(home)

    assert (well, "others may read the key" in found) == (False, True)
    assert remedy.startswith(f"chmod 600 {data(home) / 'vault.key'}")


def test_the_doctor_has_a_line_for_the_vault(home: Path) -> None:
    said = greenroom(home, "doctor", GREENROOM_KEY="canary")

    (line,) = [line for line in said.stdout.splitlines() if " vault: " in line]
    assert line.startswith("WRONG vault: GREENROOM_KEY: must be 32 random bytes in base64")


def test_a_variable_that_is_no_key_is_refused_everywhere(home: Path) -> None:
    for command in (("config", "check"), ("vault", "status"), ("accounts", "list")):
        said = greenroom(home, *command, GREENROOM_KEY="canary")
        assert said.returncode == exits.USAGE
        assert "GREENROOM_KEY: must be 32 random bytes in base64" in said.stderr
        assert "canary" not in said.stdout + said.stderr


def test_rotating_makes_a_new_key_and_says_so(home: Path) -> None:
    store(home)
    former = given_vault.opened(data(home)).key_id

    said = greenroom(home, "vault", "rotate")

    key_id = given_vault.opened(data(home)).key_id
    assert said.stdout == f"1 sealed with the new key {key_id}.\n"
    assert key_id != former
    assert source(home) == "vault"


def test_a_key_moves_between_variable_and_file(home: Path) -> None:
    store(home)
    assert greenroom(home, "vault", "rotate", GREENROOM_KEY=KEY).returncode == exits.OK
    assert not (data(home) / "vault.key").exists()
    assert source(home, GREENROOM_KEY=KEY) == "vault"
    again = greenroom(home, "vault", "rotate", GREENROOM_KEY=KEY)
    assert (again.returncode, "NEW,OLD" in again.stderr) == (exits.USAGE, True)

    said = greenroom(home, "vault", "rotate", "--into", "file", GREENROOM_KEY=KEY)

    assert said.stdout.endswith("GREENROOM_KEY still goes first: unset it.\n")
    assert source(home) == "vault"
    assert greenroom(home, "vault", "rotate", "--into", "keyring").returncode == exits.USAGE
