from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from concurrent import futures
from pathlib import Path
from typing import Any

import filelock
import hypothesis
import pytest
from hypothesis import strategies as some

from scraper import errors, sealing, vault
from scraper.fetch import chromium
from tests.scraper import given_vault as given

HOUSE = Path(__file__).parents[2]

JSON: some.SearchStrategy[Any] = some.recursive(
    some.none()
    | some.booleans()
    | some.integers()
    | some.floats(allow_nan=False)
    | some.text(some.characters(exclude_categories=())),
    lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner),
    max_leaves=20,
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def box(tmp_path: Path) -> vault.Vault:
    """Return a vault that holds what `given.KEPT` says, its key in `vault.key`."""
    filled = given.opened(tmp_path)
    given.fill(filled)
    return filled


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> vault.Vault:
    return given.opened(tmp_path_factory.mktemp("lasting"), "A")


@hypothesis.given(value=some.dictionaries(some.text(), JSON))
@hypothesis.settings(max_examples=100, deadline=None)
def test_what_was_put_in_is_got_out(lasting: vault.Vault, value: dict[str, Any]) -> None:
    lasting.put("alice", "pending", value)
    assert lasting.get("alice", "pending") == value


def test_nothing_is_made_before_something_is_put_in(tmp_path: Path) -> None:
    box = given.opened(tmp_path / "data")
    assert (box.get("alice", "session"), box.key_id, box.entries()) == (None, None, [])
    box.forget("alice")
    assert list(tmp_path.iterdir()) == []


def test_a_new_process_opens_what_an_old_one_sealed(tmp_path: Path, box: vault.Vault) -> None:
    assert given.held(given.opened(tmp_path)) == given.KEPT
    assert given.opened(tmp_path).key_id == box.key_id


def test_files_are_for_their_owners_eyes_only(tmp_path: Path) -> None:
    (tmp_path / "vault").mkdir(mode=0o755)
    given.fill(given.opened(tmp_path))
    files = [path for path in (tmp_path / "vault").iterdir() if path.name != "lock"]
    assert {mode(path) for path in (*files, tmp_path / "vault.key")} == {0o600}
    assert mode(tmp_path / "vault") == 0o700
    assert {path.name for path in files} == {f"{account}.{kind}" for account, kind in given.KEPT}


def test_nothing_of_value_stands_in_clear(tmp_path: Path, box: vault.Vault) -> None:
    box.rotate()
    (tmp_path / "vault.key").unlink()
    box.put("alice", "session", given.SESSION)
    assert given.secrets_in(tmp_path) == []


def test_neither_key_nor_value_shows_in_what_is_printed(tmp_path: Path) -> None:
    box = given.opened(tmp_path, "A")
    given.fill(box)
    key = sealing.Key(b"A" * 32)
    shown = f"{box!r} {box.entries()!r} {key!r} {vars(box)!r} {box.rotate('file')!r}"
    assert [word for word in (given.key("A"), "AAAA", "canary") if word in shown] == []


def test_the_length_of_a_password_does_not_show(tmp_path: Path) -> None:
    box = given.opened(tmp_path)
    box.put("alice", "credentials", {"password": "a"})
    box.put("bob", "credentials", {"password": "a" * 64})
    sizes = {
        (tmp_path / "vault" / f"{name}.credentials").stat().st_size for name in ("alice", "bob")
    }
    assert len(sizes) == 1


def test_the_same_value_is_never_sealed_twice_alike() -> None:
    key = sealing.new_key()
    assert len({sealing.seal(key, "alice", "session", b"{}") for _ in range(100)}) == 100


def test_a_single_changed_byte_is_noticed(tmp_path: Path, box: vault.Vault) -> None:
    path = tmp_path / "vault" / "alice.session"
    sealed = path.read_bytes()
    for place in range(len(sealed)):
        path.write_bytes(sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :])
        assert given.fault(box) in {"vault_damaged", "vault_key_wrong"}, place
    path.write_bytes(sealed)
    assert box.get("alice", "session") == given.SESSION


@hypothesis.given(data=some.data())
@hypothesis.settings(max_examples=100, deadline=None)
def test_nothing_but_what_was_sealed_opens(data: some.DataObject) -> None:
    key = sealing.Key(b"k" * 32)
    sealed = sealing.seal(key, "alice", "session", b'{"cookies": []}')
    other = data.draw(
        some.binary(max_size=400)
        | some.integers(0, len(sealed) - 1).map(lambda end: sealed[:end])
        | some.binary(min_size=1).map(lambda more: sealed + more)
    )
    with pytest.raises(errors.NeedsOperator):
        sealing.unseal(key, "alice", "session", other)


@pytest.mark.parametrize("account", ["alice", "bob", "carol"])
@pytest.mark.parametrize("kind", vault.KINDS)
def test_a_file_in_the_place_of_another_does_not_open(
    tmp_path: Path, box: vault.Vault, account: str, kind: vault.Kind
) -> None:
    own = (account, kind) == ("alice", "session")
    sealed = (tmp_path / "vault" / "alice.session").read_bytes()
    (tmp_path / "vault" / f"{account}.{kind}").write_bytes(sealed)
    assert given.fault(box, account, kind) == ("" if own else "vault_damaged")


@pytest.mark.parametrize("account", ["", "../alice", "Alice", "alice.session", "alice/x", "a\n"])
def test_only_names_of_accounts_become_names_of_files(tmp_path: Path, account: str) -> None:
    with pytest.raises(ValueError, match="the vault keeps nothing called"):
        given.opened(tmp_path).put(account, "session", {})
    assert list(tmp_path.iterdir()) == []


def test_forgetting_an_account_leaves_nothing_of_it_and_all_of_others(
    tmp_path: Path, box: vault.Vault
) -> None:
    box.put("alice-2", "session", given.NEWER)
    (tmp_path / "vault" / "alice.session.unreadable").write_bytes(b"of an old key")
    (tmp_path / "vault" / ".alice.session.1234abcd").write_bytes(b"of a killed process")
    box.forget("alice")
    names = {path.name for path in (tmp_path / "vault").iterdir()}
    assert names == {"lock", "bob.session", "alice-2.session"}


def test_one_kind_can_be_forgotten_alone(box: vault.Vault) -> None:
    box.forget("alice", "credentials")
    assert not box.has("alice", "credentials")
    assert box.get("alice", "session") == given.SESSION


# keys: where they are, and that they are lost


def test_the_variable_goes_before_keyring_and_file(tmp_path: Path) -> None:
    box = vault.open_vault(
        tmp_path, {"GREENROOM_KEY": given.key("A")}, lambda: given.FileKeyring(tmp_path / "k")
    )
    given.fill(box)
    assert box.home == "GREENROOM_KEY"
    assert [path.name for path in tmp_path.iterdir()] == ["vault"]
    assert given.held(given.opened(tmp_path, "A")) == given.KEPT


def test_the_keyring_goes_before_the_file_which_then_holds_no_secret(tmp_path: Path) -> None:
    box = given.on_desktop(tmp_path)
    given.fill(box)
    (name,) = [path.name for path in (tmp_path / "keyring").iterdir()]
    assert (name, box.home) == (box.key_id, "the system's keyring")
    assert (tmp_path / "vault.key").read_text().splitlines()[1:] == [f"keyring {name}"]
    assert given.held(given.on_desktop(tmp_path)) == given.KEPT


@pytest.mark.parametrize("text", ["short", given.key("A")[:-4], given.key("A") + "QUFB", "\u00e9"])
def test_a_variable_that_holds_no_key_is_refused_without_repeating_it(
    tmp_path: Path, text: str
) -> None:
    with pytest.raises(errors.BadConfig) as caught:
        vault.open_vault(tmp_path, {"GREENROOM_KEY": text})
    assert caught.value.code == "bad_config"
    assert text not in caught.value.message


def test_the_browser_is_never_given_the_key() -> None:
    assert chromium.is_ours("GREENROOM_KEY")


def test_a_key_in_the_alphabet_of_urls_is_the_same_key(tmp_path: Path) -> None:
    standard, for_urls = "+/" * 21 + "8=", "-_" * 21 + "8="
    ids = {
        vault.open_vault(tmp_path, {"GREENROOM_KEY": text}).key_id for text in (standard, for_urls)
    }
    assert len(ids) == 1


def test_a_lost_key_is_missing_and_another_one_wrong(tmp_path: Path) -> None:
    given.fill(given.opened(tmp_path, "A"))
    assert given.fault(given.opened(tmp_path)) == "vault_key_missing"
    assert given.fault(given.opened(tmp_path, "B")) == "vault_key_wrong"
    assert given.fault(given.opened(tmp_path, "B", "A")) == ""


@pytest.mark.parametrize("content", ["", "keyring", "nonsense\n", "\u00e9\n"])
def test_a_key_file_that_lists_no_key_opens_nothing(
    tmp_path: Path, box: vault.Vault, content: str
) -> None:
    former = box.key_id
    (tmp_path / "vault.key").write_text(content)
    assert given.fault(given.opened(tmp_path)).startswith("vault_key_")
    given.opened(tmp_path).put("carol", "session", given.NEWER)
    assert given.opened(tmp_path).get("carol", "session") == given.NEWER
    assert given.opened(tmp_path).key_id not in (former, None)


def test_a_locked_keyring_loses_nothing_and_a_sign_in_meanwhile_works(tmp_path: Path) -> None:
    given.fill(given.on_desktop(tmp_path))
    (tmp_path / "keyring" / "locked").touch()
    box = given.on_desktop(tmp_path)
    assert given.fault(box) == "vault_key_missing"
    box.put("alice", "session", given.NEWER)
    assert box.get("alice", "session") == given.NEWER
    (tmp_path / "keyring" / "locked").unlink()
    assert given.on_desktop(tmp_path).get("bob", "session") == given.SESSION
    assert given.on_desktop(tmp_path).rotate().unreadable == ()


def test_signing_in_again_replaces_what_does_not_open_and_keeps_it_aside(
    tmp_path: Path, box: vault.Vault
) -> None:
    sealed = (tmp_path / "vault" / "alice.session").read_bytes()
    (tmp_path / "vault.key").rename(tmp_path / "old.key")
    for count in range(2):
        box = given.opened(tmp_path)
        assert given.fault(box, "bob").startswith("vault_key_")
        (tmp_path / "vault" / "alice.session").write_bytes(sealed)
        box.put("alice", "session", given.NEWER)
        assert box.get("alice", "session") == given.NEWER
        kept = "alice.session.unreadable" + (f".{count}" if count else "")
        assert (tmp_path / "vault" / kept).read_bytes() == sealed
    lines = (tmp_path / "old.key").read_text() + (tmp_path / "vault.key").read_text()
    (tmp_path / "vault.key").write_text(lines)
    assert given.opened(tmp_path).get("bob", "session") == given.SESSION


def test_a_damaged_file_is_told_by_name_and_kept_aside(tmp_path: Path, box: vault.Vault) -> None:
    (tmp_path / "vault" / "alice.session").write_bytes(b"GRNV\x01 and nothing")
    (entry,) = [entry for entry in box.entries() if entry.fault]
    assert (entry.account, entry.kind) == ("alice", "session")
    assert given.fault(box) == "vault_damaged"
    box.put("alice", "session", given.NEWER)
    assert (tmp_path / "vault" / "alice.session.unreadable").exists()


# rotation


def test_a_rotation_seals_everything_with_a_new_key_and_drops_the_old(
    tmp_path: Path, box: vault.Vault
) -> None:
    old, listed = box.key_id, (tmp_path / "vault.key").read_text()
    rotated = box.rotate()
    assert (rotated.resealed, rotated.unreadable) == (3, ())
    assert rotated.key_id == box.key_id != old
    assert given.held(given.opened(tmp_path)) == given.KEPT
    (tmp_path / "vault.key").write_text(listed)
    assert given.fault(given.opened(tmp_path)) == "vault_key_wrong"


def test_a_rotation_in_the_keyring_leaves_one_key_there(tmp_path: Path) -> None:
    box = given.on_desktop(tmp_path)
    given.fill(box)
    box.rotate()
    assert [path.name for path in (tmp_path / "keyring").iterdir()] == [box.key_id]
    assert given.held(given.on_desktop(tmp_path)) == given.KEPT


def test_a_rotation_can_move_the_key_out_of_the_keyring_and_back(tmp_path: Path) -> None:
    box = given.on_desktop(tmp_path)
    given.fill(box)
    box.rotate("file")
    assert list((tmp_path / "keyring").iterdir()) == []
    assert given.held(given.opened(tmp_path)) == given.KEPT
    box.rotate("keyring")
    assert box.home == "the system's keyring"
    with pytest.raises(errors.BadConfig):
        given.opened(tmp_path).rotate("keyring")


def test_a_rotation_of_the_variable_needs_the_new_key_beside_the_old(tmp_path: Path) -> None:
    given.fill(given.opened(tmp_path, "A"))
    with pytest.raises(errors.BadConfig) as caught:
        given.opened(tmp_path, "A").rotate()
    assert "NEW,OLD" in caught.value.message
    given.opened(tmp_path, "B", "A").rotate()
    assert given.held(given.opened(tmp_path, "B")) == given.KEPT


def test_a_key_moves_from_the_file_to_the_variable_and_back(
    tmp_path: Path, box: vault.Vault
) -> None:
    assert box.home == str(tmp_path / "vault.key")
    given.opened(tmp_path, "A").rotate()
    assert not (tmp_path / "vault.key").exists()
    assert given.held(given.opened(tmp_path, "A")) == given.KEPT
    given.opened(tmp_path, "A").rotate("file")
    assert given.held(given.opened(tmp_path)) == given.KEPT


def test_a_rotation_names_what_it_cannot_open_and_keeps_its_key(
    tmp_path: Path, box: vault.Vault
) -> None:
    path = tmp_path / "vault" / "bob.session"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    rotated = box.rotate()
    assert [(entry.account, entry.kind) for entry in rotated.unreadable] == [("bob", "session")]
    path.write_bytes(whole)
    assert given.held(given.opened(tmp_path)) == given.KEPT


def kills(tmp_path: Path, act: str) -> list[dict[str, Any]]:
    """Kill the act at each step; return what each kill left, the last time unkilled."""
    said = subprocess.run(
        [sys.executable, given.__file__, str(tmp_path / "kept"), act],
        env=os.environ | {"PYTHONPATH": str(HOUSE)},
        stdout=subprocess.PIPE,
        check=True,
        timeout=200,
    )
    return [json.loads(line) for line in said.stdout.splitlines()]


@pytest.mark.parametrize("act", ["rotate", "rotate_keyring"])
def test_a_rotation_killed_at_any_step_loses_nothing(tmp_path: Path, act: str) -> None:
    given.fill(given.ACTS[act][0](tmp_path / "kept"))
    left = kills(tmp_path, act)
    assert len(left) > 30
    for one in left:
        assert one["found"] == list(given.KEPT.values())
        assert (one["mended"], one["keys"], one["kept"], one["clear"]) == (True, 1, 1, [])
        assert one["files"] == ["alice.credentials", "alice.session", "bob.session", "lock"]


def test_storing_killed_at_any_step_leaves_the_former_value_or_the_new(tmp_path: Path) -> None:
    given.fill(given.opened(tmp_path / "kept"))
    left = kills(tmp_path, "put")
    found = [one["found"][0] for one in left]
    assert len(left) > 8
    assert (found[0], found[-1]) == (given.SESSION, given.NEWER)
    assert all(value in (given.SESSION, given.NEWER) for value in found)
    assert all(one["mended"] and one["keys"] == 1 for one in left)


WRITER = """
import pathlib, sys, time
from scraper import vault
folder, name = pathlib.Path(sys.argv[1]), sys.argv[2]
from tests.scraper import given_vault
print("ready", flush=True)
sys.stdin.readline()
box = given_vault.opened(folder)
box.put(name, "session", {"of": name})
"""


def test_processes_that_begin_at_once_agree_on_one_key(tmp_path: Path) -> None:
    names = [f"account-{count}" for count in range(6)]
    started = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), name],
            env=os.environ | {"PYTHONPATH": str(HOUSE)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for name in names
    ]
    for one in started:
        assert one.stdout is not None
        assert one.stdout.readline() == b"ready\n"
    for one in started:
        assert one.stdin is not None
        one.stdin.write(b"\n")
        one.stdin.flush()
    for one in started:
        one.communicate(timeout=60)
        assert one.returncode == 0
    box = given.opened(tmp_path)
    assert [box.get(name, "session") for name in names] == [{"of": name} for name in names]
    assert {entry.key_id for entry in box.entries()} == {box.key_id}


def test_a_rotation_while_others_store_loses_nothing(tmp_path: Path) -> None:
    def store(name: str) -> None:
        for count in range(15):
            given.opened(tmp_path).put(name, "session", {"count": count})
            assert given.opened(tmp_path).get(name, "session") == {"count": count}

    with futures.ThreadPoolExecutor(3) as pool:
        working = [pool.submit(store, name) for name in ("alice", "bob")]
        for _ in range(10):
            given.opened(tmp_path).rotate()
        for one in working:
            one.result()
    box = given.opened(tmp_path)
    assert [box.get(name, "session") for name in ("alice", "bob")] == [{"count": 14}] * 2


# the disk


def test_a_place_that_cannot_be_written_is_told_without_the_secret(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(errors.BadConfig) as caught:
        given.fill(given.opened(tmp_path / "file", "A"))
    assert "canary" not in caught.value.message
    assert str(tmp_path) in caught.value.message


FULL = """
import pathlib, resource, signal, sys
from scraper import errors
from tests.scraper import given_vault
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    given_vault.opened(pathlib.Path(sys.argv[1])).put("alice", "session", given_vault.NEWER)
except errors.GreenroomError as error:
    print(error.code)
"""


def test_a_disk_that_takes_only_half_keeps_the_former_value(
    tmp_path: Path, box: vault.Vault
) -> None:
    said = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)],
        env=os.environ | {"PYTHONPATH": str(HOUSE)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert said.stdout.strip() == "bad_config", said.stderr
    assert box.get("alice", "session") == given.SESSION
    assert list((tmp_path / "vault").glob(".*")) == []


def test_whoever_keeps_the_vault_for_too_long_is_not_waited_for(
    tmp_path: Path, box: vault.Vault
) -> None:
    impatient = vault.open_vault(tmp_path, {}, given.NoKeyring, patience=0.1)
    with (
        filelock.FileLock(tmp_path / "vault" / "lock"),
        pytest.raises(errors.Busy) as caught,
    ):
        impatient.get("alice", "session")
    assert caught.value.code == "vault_busy"
    patient = vault.open_vault(tmp_path, {}, given.NoKeyring)
    assert patient.get("alice", "session") == box.get("alice", "session")
