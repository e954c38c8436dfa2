from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scraper import errors, session

STATE: dict[str, Any] = {
    "cookies": [{"name": "sessionid", "value": "canary", "domain": "127.0.0.1", "expires": -1}],
    "origins": [{"origin": "http://127.0.0.1", "localStorage": [{"name": "a", "value": "\u00e9"}]}],
}


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "sessions" / "alice.json"
    session.save(path, STATE)
    session.save(path, STATE | {"origins": []})
    assert session.load(path) == STATE | {"origins": []}


def test_the_state_is_for_its_owners_eyes_only(tmp_path: Path) -> None:
    path = tmp_path / "sessions" / "alice.json"
    path.parent.mkdir(mode=0o755)
    session.save(path, STATE)
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    assert list(path.parent.iterdir()) == [path], "no draft is left"


def test_there_is_no_state_before_the_first_sign_in(tmp_path: Path) -> None:
    assert session.load(tmp_path / "none" / "alice.json") is None


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"cookies": 1}', b"\xff\xfe", b'{"cookies": "canary']
)
def test_a_broken_state_counts_as_none_and_is_kept_aside(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "alice.json"
    path.write_bytes(content)
    assert session.load(path) is None
    assert not path.exists()
    assert (tmp_path / "alice.json.broken").read_bytes() == content


def test_a_folder_that_cannot_be_written_is_told_without_the_secret(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(errors.BadConfig) as caught:
        session.save(tmp_path / "file" / "alice.json", STATE)
    assert "canary" not in str(caught.value)


def test_only_one_run_has_an_account_at_a_time(tmp_path: Path) -> None:
    lock = tmp_path / "locks" / "alice.lock"
    with (
        session.account_lock(lock),
        pytest.raises(errors.Busy) as caught,
        session.account_lock(lock),
    ):
        raise AssertionError
    assert caught.value.code == "account_busy"
    with session.account_lock(lock):
        pass


HOLDER = """
import pathlib, sys, time
from scraper import session
with session.account_lock(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_account_of_a_killed_run_is_free_again(tmp_path: Path) -> None:
    lock = tmp_path / "alice.lock"
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(lock)], stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == b"held\n"
        with pytest.raises(errors.Busy), session.account_lock(lock):
            raise AssertionError
        run.kill()
    with session.account_lock(lock):
        pass
