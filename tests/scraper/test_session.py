from __future__ import annotations

import json
from pathlib import Path

import pytest

from scraper import errors, session
from tests.scraper import given_vault as given


def left(folder: Path) -> list[str]:
    """Return the files that are neither key nor lock."""
    files = (path.name for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in files if name not in {"vault.key", "lock"})


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    box = given.opened(tmp_path)
    session.save(box, "alice", given.NEWER)
    session.save(box, "alice", given.SESSION)
    assert session.load(box, "alice", tmp_path / "alice.json") == given.SESSION
    assert session.load(box, "bob", tmp_path / "bob.json") is None


def test_a_state_in_a_plain_file_is_taken_over_once_and_removed(tmp_path: Path) -> None:
    plain = tmp_path / "sessions" / "alice.json"
    plain.parent.mkdir()
    plain.write_text(json.dumps(given.SESSION))
    (plain.parent / ".alice.json.0123abcd").write_text("cookie-canary, half written")
    (plain.parent / "alice.json.broken").write_text("cookie-canary, broken")
    assert session.load(given.opened(tmp_path), "alice", plain) == given.SESSION
    assert left(tmp_path) == ["alice.session"]
    assert given.secrets_in(tmp_path) == []
    assert session.load(given.opened(tmp_path), "alice", plain) == given.SESSION


def test_a_plain_file_is_newer_than_what_the_vault_has(tmp_path: Path) -> None:
    session.save(given.opened(tmp_path), "alice", given.NEWER)
    plain = tmp_path / "alice.json"
    plain.write_text(json.dumps(given.SESSION))
    assert session.load(given.opened(tmp_path), "alice", plain) == given.SESSION


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"cookies": 1}', b"\xff\xfe", b'{"cookies": "canary']
)
def test_a_broken_plain_file_counts_as_none_and_is_not_left_in_clear(
    tmp_path: Path, content: bytes
) -> None:
    plain = tmp_path / "alice.json"
    plain.write_bytes(content)
    assert session.load(given.opened(tmp_path), "alice", plain) is None
    assert left(tmp_path) == []


def test_a_plain_file_that_cannot_be_sealed_stays(tmp_path: Path) -> None:
    plain = tmp_path / "alice.json"
    plain.write_text(json.dumps(given.SESSION))
    (tmp_path / "vault").write_text("a file where a folder must be")
    with pytest.raises(errors.BadConfig) as caught:
        session.load(given.opened(tmp_path), "alice", plain)
    assert "canary" not in caught.value.message
    assert json.loads(plain.read_text()) == given.SESSION


def test_a_lost_key_is_told_and_never_taken_for_no_session(tmp_path: Path) -> None:
    session.save(given.opened(tmp_path, "A"), "alice", given.SESSION)
    with pytest.raises(errors.NeedsOperator) as caught:
        session.load(given.opened(tmp_path), "alice", tmp_path / "alice.json")
    assert caught.value.code == "vault_key_missing"


def test_values_that_must_not_show_are_cookies_and_storage() -> None:
    stored = [{"origin": "http://a", "localStorage": [{"name": "t", "value": "storage-canary"}]}]
    state = given.SESSION | {"origins": stored}
    assert session.secrets(state) == {"cookie-canary", "storage-canary"}
    assert session.secrets(None) == set()
