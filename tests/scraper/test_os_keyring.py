from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import keyring
import pytest
from keyring import backend, errors
from keyring.backends import fail, null

from scraper import os_keyring


class Desktop(backend.KeyringBackend):
    """A keyring in memory. Not viable, so that nobody is given it by mistake."""

    real = 5.0

    def __init__(self, *, wait: threading.Event | None = None, broken: bool = False) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.calls = 0
        self._wait = wait
        self._broken = broken

    @property
    def priority(self) -> Any:  # the library declares a number, and reads it from classes
        return self.real

    def _called(self) -> None:
        self.calls += 1
        if self._wait:
            self._wait.wait(30)
        if self._broken:
            raise errors.KeyringLocked("canary")

    def get_password(self, service: str, username: str) -> str | None:
        self._called()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._called()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._called()
        del self.kept[service, username]


class PlainText(Desktop):
    real = 0.5


class Chain(Desktop):
    """What the library uses where there are several."""

    def __init__(self, backends: list[Desktop]) -> None:
        super().__init__()
        self.backends = backends


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Give the process its own keyring back."""
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


def test_what_is_kept_is_there_until_it_is_dropped() -> None:
    desktop = Desktop()
    keyring.set_keyring(desktop)
    ours = os_keyring.OsKeyring()
    assert ours.there()
    assert ours.put("id", "text")
    assert desktop.kept == {("greenroom vault", "id"): "text"}
    assert ours.get("id") == "text"
    ours.drop("id")
    ours.drop("id")
    assert ours.get("id") is None
    assert ours.there()


@pytest.mark.parametrize(
    "other", [null.Keyring, fail.Keyring, PlainText], ids=lambda one: one.__module__
)
def test_a_keyring_that_keeps_nothing_or_keeps_it_in_clear_is_none(other: Any) -> None:
    keyring.set_keyring(other())
    ours = os_keyring.OsKeyring()
    assert not ours.there()
    assert not ours.put("id", "text")
    assert ours.get("id") is None


def test_of_several_keyrings_a_real_one_is_taken() -> None:
    desktop, plain = Desktop(), PlainText()
    keyring.set_keyring(Chain([plain, desktop]))
    assert os_keyring.OsKeyring().put("id", "text")
    assert (len(plain.kept), len(desktop.kept)) == (0, 1)


def test_a_keyring_that_never_answers_is_waited_for_once() -> None:
    answer = threading.Event()
    desktop = Desktop(wait=answer)
    keyring.set_keyring(desktop)
    ours = os_keyring.OsKeyring(deadline=0.2)
    began = time.monotonic()
    assert ours.get("id") is None
    assert not ours.there()
    assert not ours.put("id", "text")
    assert time.monotonic() - began < 5
    assert desktop.calls == 1
    answer.set()


def test_a_keyring_that_refuses_is_none_and_says_nothing(
    capfd: pytest.CaptureFixture[str],
) -> None:
    keyring.set_keyring(Desktop(broken=True))
    ours = os_keyring.OsKeyring()
    assert ours.get("id") is None
    assert not ours.put("id", "text")
    ours.drop("id")
    assert capfd.readouterr() == ("", "")
