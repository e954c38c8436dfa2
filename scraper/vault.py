"""The vault: what an account signs in with and its browser's state, sealed at rest.

Each (account, kind) is one file `vault/<account>.<kind>` in the storage folder: `sealing` says what
is in it, `keys` where its key is. A file that does not open is never overwritten by a new one, but
moved aside as `<name>.unreadable`.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

import filelock
import msgspec

from scraper import errors, keys, os_keyring, private_file, sealing

Kind = Literal["session", "pending", "credentials", "tokens"]
"""The browser's state; a sign-in that waits for its second half; `password`, `totp_secret` and
`answer` (whether second factors are answered by themselves); tokens of interfaces by name."""

KINDS: tuple[Kind, ...] = get_args(Kind)

PATIENCE = 60.0
"""Seconds to wait for another process or thread that works on the vault."""

_ACCOUNT = re.compile(r"[a-z0-9_-]+")


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One sealed file: the key it names, and what is wrong with it, if anything."""

    account: str
    kind: Kind
    key_id: str | None
    fault: errors.NeedsOperator | None = None


class Rotation(msgspec.Struct, frozen=True, kw_only=True):
    """What a rotation did: the new key, how many files it sealed anew, which do not open."""

    key_id: str
    resealed: int
    unreadable: tuple[Entry, ...]


class Vault:
    """Sealed values by account and kind. Its methods wait for disk and keyring: call in a thread.

    Any method may raise BadConfig `bad_config` (a place cannot be read or written), StorageTrouble
    `disk_full` and Busy `vault_busy`; values are JSON objects.
    """

    def __init__(self, directory: Path, ring: keys.Ring, patience: float) -> None:
        self._folder = directory / "vault"
        self._ring = ring
        self._patience = patience

    @property
    def key_id(self) -> str | None:
        """Return the id of the key in use; None before the first. Raises `vault_key_wrong`."""
        return self._ring.in_use()

    @property
    def home(self) -> str:
        """Say where the key in use is kept, asking no keyring. Raises `vault_key_wrong`."""
        key_id = self.key_id
        return self._ring.home(key_id) if key_id else "nowhere yet: made at first use"

    def has(self, account: str, kind: Kind) -> bool:
        """Tell whether something is sealed there, without opening it."""
        return self._path(account, kind).exists()

    def get(self, account: str, kind: Kind) -> dict[str, Any] | None:
        """Return what is sealed there, or None.

        Raises NeedsOperator: `vault_key_missing`, `vault_key_wrong`, `vault_damaged`.
        """
        path = self._path(account, kind)
        if not path.exists():
            return None
        with self._alone():
            if not path.exists():
                return None
            value: dict[str, Any] = json.loads(self._opened(account, kind))
            return value

    def put(self, account: str, kind: Kind, value: Mapping[str, Any]) -> None:
        """Seal a value with the key in use, or a new one if that is lost; replace the former."""
        path = self._path(account, kind)
        content = json.dumps(dict(value)).encode("ascii")
        with self._alone():
            key = self._key()
            if path.exists() and self._examined(account, kind).fault:
                private_file.aside(path)
            _store(path, key, account, kind, content)

    def forget(self, account: str, *kinds: Kind) -> None:
        """Delete what is sealed for the account, unreadable files too: these kinds, or all."""
        if not self._folder.exists():
            return
        with self._alone():
            for kind in kinds or KINDS:
                path = self._path(account, kind)
                for file in (path, *path.parent.glob(f"{path.name}.*"), *private_file.drafts(path)):
                    file.unlink(missing_ok=True)

    def entries(self) -> list[Entry]:
        """Open every sealed file and say how it went. Raises `vault_key_wrong` for `vault.key`."""
        if not self._folder.exists():
            return []
        with self._alone():
            return [self._examined(*named) for named in self._named()]

    def rotate(self, home: keys.Home | None = None) -> Rotation:
        """Make a new key and seal every file with it; drop each former key that no file needs.

        The former key goes last, so a kill at any instant leaves everything readable, and another
        rotation ends what it left. Where GREENROOM_KEY is set and no `home` is named, its first key
        is the new one. Raises BadConfig `bad_request` if that seals every file already, or `home`
        cannot be had.
        """
        with self._alone():
            named = list(self._named())
            key = self._next_key(home, named)
            done, unreadable = 0, []
            for account, kind in named:
                path = self._path(account, kind)
                try:
                    content = self._opened(account, kind)
                except errors.NeedsOperator:
                    unreadable.append(self._examined(account, kind))
                    continue
                _store(path, key, account, kind, content)
                done += 1
            self._ring.keep_only({key.id, *self._needed()})
        return Rotation(key_id=key.id, resealed=done, unreadable=tuple(unreadable))

    def _next_key(self, home: keys.Home | None, named: list[tuple[str, Kind]]) -> sealing.Key:
        if home or not self._ring.given:
            return self._ring.make(home)
        if all(self._id(account, kind) == self._ring.in_use() for account, kind in named):
            raise errors.BadConfig(
                "bad_request",
                f"the key is {keys.VARIABLE}'s and seals everything already; set it to NEW,OLD and "
                "rotate, then drop OLD from it (`openssl rand -base64 32` makes a key)",
            )
        return self._key()

    def _key(self) -> sealing.Key:
        """Return the key to seal with: the one in use, else a new one."""
        with contextlib.suppress(errors.NeedsOperator):
            key_id = self._ring.in_use()
            if key_id and (key := self._ring.find(key_id)):
                return key
        return self._ring.make()

    def _opened(self, account: str, kind: Kind) -> bytes:
        sealed = self._path(account, kind).read_bytes()
        key_id = sealing.key_id(sealed)
        if key_id is None:
            raise sealing.damaged(account, kind)
        key = self._ring.find(key_id)
        if key is None:
            raise self._lost(account, kind, key_id)
        return sealing.unseal(key, account, kind, sealed)

    def _lost(self, account: str, kind: Kind, key_id: str) -> errors.NeedsOperator:
        told = f"{account}.{kind} is sealed with key {key_id}"
        where = self._ring.home(key_id)
        in_use = self._ring.in_use()
        if where != "nowhere":
            return errors.NeedsOperator("vault_key_missing", f"{told}, which {where} does not give")
        if in_use is None:
            return errors.NeedsOperator(
                "vault_key_missing", f"{told}, and neither {keys.VARIABLE} nor {keys.FILE} is there"
            )
        return errors.NeedsOperator(
            "vault_key_wrong", f"{told}; the one at hand is {in_use} ({self._ring.home(in_use)})"
        )

    def _examined(self, account: str, kind: Kind) -> Entry:
        key_id = self._id(account, kind)
        try:
            self._opened(account, kind)
        except errors.NeedsOperator as fault:
            return Entry(account=account, kind=kind, key_id=key_id, fault=fault)
        return Entry(account=account, kind=kind, key_id=key_id)

    def _id(self, account: str, kind: Kind) -> str | None:
        return sealing.key_id(self._path(account, kind).read_bytes())

    def _named(self) -> Iterator[tuple[str, Kind]]:
        """Yield whose the sealed files are."""
        for path in sorted(self._folder.iterdir()):
            account, _, kind = path.name.partition(".")
            for known in KINDS:
                if kind == known and _ACCOUNT.fullmatch(account):
                    yield account, known

    def _needed(self) -> set[str]:
        """Return the ids of all keys that files here name, unreadable ones too."""
        found = (sealing.key_id(path.read_bytes()) for path in self._folder.glob("*.*"))
        return {key_id for key_id in found if key_id}

    def _path(self, account: str, kind: Kind) -> Path:
        if not _ACCOUNT.fullmatch(account) or kind not in KINDS:
            raise ValueError(f"the vault keeps nothing called {account!r} {kind!r}")
        return self._folder / f"{account}.{kind}"

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Work on keys and files as the only process and thread."""
        private_file.folder(self._folder)
        lock = filelock.FileLock(self._folder / "lock", timeout=self._patience, mode=0o600)
        try:
            lock.acquire()
        except filelock.Timeout:
            raise errors.Busy("vault_busy") from None
        try:
            with private_file.told(self._folder):
                yield
        finally:
            lock.release()


def open_vault(
    directory: Path,
    environ: Mapping[str, str],
    keyring: Callable[[], keys.Keyring] = os_keyring.of_this_process,
    *,
    patience: float = PATIENCE,
) -> Vault:
    """Return the vault of a storage folder; nothing is made before something is put in.

    Raises BadConfig `bad_config` if GREENROOM_KEY holds no key.
    """
    return Vault(directory, keys.of(directory / keys.FILE, environ, keyring), patience)


def _store(path: Path, key: sealing.Key, account: str, kind: Kind, content: bytes) -> None:
    def opens(stored: bytes) -> bool:
        return sealing.unseal(key, account, kind, stored) == content

    private_file.write(path, sealing.seal(key, account, kind, content), opens)
