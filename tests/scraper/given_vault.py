"""Vaults to examine, a keyring of plain files, and a way to kill whoever works on a vault.

Run as a program (`FOLDER ACT`) it does the act again and again on a copy of the folder, is killed
before the first, the second, the third … thing it does to a file, and prints what was left.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from scraper import errors, vault

SESSION: dict[str, Any] = {
    "cookies": [
        {"name": "sessionid", "value": "cookie-canary", "domain": "127.0.0.1", "expires": -1}
    ],
    "origins": [{"origin": "http://127.0.0.1", "localStorage": [{"name": "a", "value": "\u00e9"}]}],
}
CREDENTIALS: dict[str, Any] = {
    "password": "password-canary",
    "totp_secret": "TOTPCANARY234567",
    "answer": True,
}
NEWER: dict[str, Any] = {"cookies": [], "origins": []}
KEPT: dict[tuple[str, vault.Kind], dict[str, Any]] = {
    ("alice", "session"): SESSION,
    ("alice", "credentials"): CREDENTIALS,
    ("bob", "session"): SESSION,
}


class FileKeyring:
    """A keyring that keeps each text in a file of a folder, and can be locked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def there(self) -> bool:
        return not (self.folder / "locked").exists()

    def get(self, name: str) -> str | None:
        place = self.folder / name
        return place.read_text() if self.there() and place.exists() else None

    def put(self, name: str, text: str) -> bool:
        if self.there():
            self.folder.mkdir(exist_ok=True)
            (self.folder / name).write_text(text)
        return self.there()

    def drop(self, name: str) -> None:
        (self.folder / name).unlink(missing_ok=True)


class NoKeyring:
    """What a machine without a keyring has."""

    def there(self) -> bool:
        return False

    def get(self, _name: str) -> str | None:
        return None

    def put(self, _name: str, _text: str) -> bool:
        return False

    def drop(self, _name: str) -> None:
        return None


def key(letter: str) -> str:
    """Return a key as GREENROOM_KEY holds it."""
    return base64.b64encode(letter.encode() * 32).decode()


def opened(folder: Path, *given: str) -> vault.Vault:
    """Return the folder's vault on a machine without a keyring."""
    return vault.open_vault(folder, {"GREENROOM_KEY": ",".join(map(key, given))}, NoKeyring)


def on_desktop(folder: Path) -> vault.Vault:
    """Return the folder's vault on a machine with a keyring."""
    return vault.open_vault(folder, {}, lambda: FileKeyring(folder / "keyring"))


def fill(box: vault.Vault) -> None:
    for (account, kind), value in KEPT.items():
        box.put(account, kind, value)


def held(box: vault.Vault) -> dict[tuple[str, vault.Kind], dict[str, Any] | None]:
    return {(account, kind): box.get(account, kind) for account, kind in KEPT}


def fault(box: vault.Vault, account: str = "alice", kind: vault.Kind = "session") -> str:
    """Return the code of the error that getting raises; "" if it gives a value."""
    try:
        box.get(account, kind)
    except errors.NeedsOperator as error:
        return error.code
    return ""


def secrets_in(folder: Path) -> list[str]:
    """Return the canaries that stand in clear, or in base64, in files of the folder."""
    found = []
    for path in (path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        for canary in (b"cookie-canary", b"password-canary", b"TOTPCANARY"):
            forms = (canary, base64.b64encode(canary)[:-4], canary.hex().encode())
            found += [f"{path.name}: {canary!r}" for form in forms if form in content]
    return found


ACTS: Mapping[str, tuple[Callable[[Path], vault.Vault], Callable[[vault.Vault], object]]] = {
    "rotate": (opened, vault.Vault.rotate),
    "rotate_keyring": (on_desktop, vault.Vault.rotate),
    "put": (opened, lambda box: box.put("alice", "session", NEWER)),
}


def main(folder: Path, act: str) -> None:
    """Kill the act at each step; print for each what the vault then held, and after mending."""
    open_it, do = ACTS[act]
    for step in itertools.count(1):
        trial = folder.with_name("trial")
        shutil.rmtree(trial, ignore_errors=True)
        shutil.copytree(folder, trial)
        box = open_it(trial)
        child = os.fork()
        if not child:
            sys.addaudithook(_killer(str(trial), step))
            do(box)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status)
        sys.stdout.write(json.dumps({"killed": killed, **_left(open_it, trial)}) + "\n")
        sys.stdout.flush()
        if not killed:
            return


def _killer(place: str, step: int) -> Callable[[str, tuple[Any, ...]], None]:
    """Return a hook that kills the process before the `step`th thing it does to a file there."""
    steps = itertools.count(1)

    def hook(_event: str, arguments: tuple[Any, ...]) -> None:
        touched = any(isinstance(one, (str, Path)) and place in str(one) for one in arguments)
        if touched and next(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    return hook


def _left(open_it: Callable[[Path], vault.Vault], trial: Path) -> dict[str, Any]:
    """Return what a new process finds, and what is there once it has rotated."""
    found = list(held(open_it(trial)).values())
    box = open_it(trial)
    rotated = box.rotate()
    kept = trial / "keyring"
    return {
        "found": found,
        "mended": list(held(open_it(trial)).values()) == found and not rotated.unreadable,
        "keys": len((trial / "vault.key").read_text().splitlines()) - 1,
        "kept": len(list(kept.iterdir())) if kept.exists() else 1,
        "files": sorted(path.name for path in (trial / "vault").iterdir()),
        "clear": secrets_in(trial),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
