"""Where the vault's keys are: in GREENROOM_KEY, in the system's keyring, or in `vault.key`.

`vault.key` lists the keys, the one in use first, a line each: the key itself in base64, or
`keyring ID` for one that the keyring keeps under that id. There is more than one only while a
rotation is under way, or while a file still needs a former key. GREENROOM_KEY holds one key, or
several with commas between them, and goes first.

Whoever changes something here holds the vault's lock.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from scraper import errors, private_file, sealing

VARIABLE = "GREENROOM_KEY"
FILE = "vault.key"

Home = Literal["keyring", "file"]

_KEYRING = "keyring "
_STANDARD = str.maketrans("-_", "+/")  # base64 for URLs means the same
_HEADING = "# Keys of Greenroom's vault, the one in use first. Who has them can open the vault.\n"


class Keyring(Protocol):
    """What the vault asks of the system's keyring; failure is None or False, never an error."""

    def there(self) -> bool:
        """Tell whether there is a keyring that answers."""

    def get(self, name: str) -> str | None:
        """Return what is kept under the name, or None."""

    def put(self, name: str, text: str) -> bool:
        """Keep a text; return whether it can be read back."""

    def drop(self, name: str) -> None:
        """Forget what is kept under the name."""


class Line(msgspec.Struct, frozen=True):
    """One key of `vault.key`: the key itself, or None for one in the keyring."""

    id: str
    key: sealing.Key | None = None


class Ring:
    """The keys of one vault. Keys that were found are remembered until the process ends."""

    def __init__(self, file: Path, variable: str, keyring: Callable[[], Keyring]) -> None:
        self._file = file
        self._given = given(variable)
        self._make_keyring = keyring
        self._keyring: Keyring | None = None
        self._found: dict[str, sealing.Key] = {}

    @property
    def given(self) -> bool:
        """Tell whether GREENROOM_KEY is set."""
        return bool(self._given)

    def in_use(self) -> str | None:
        """Return the id of the key to seal with; None before there is one. Raises as `lines`."""
        if self._given:
            return self._given[0].id
        return next((line.id for line in self.lines()), None)

    def find(self, key_id: str) -> sealing.Key | None:
        """Return the key with this id, wherever it is; None if it is nowhere to be had."""
        if key_id not in self._found:
            found = next((key for key in self._candidates(key_id) if key.id == key_id), None)
            if found is None:
                return None
            self._found[key_id] = found
        return self._found[key_id]

    def home(self, key_id: str) -> str:
        """Say where the key with this id is kept, asking no keyring."""
        if any(key.id == key_id for key in self._given):
            return VARIABLE
        line = next((line for line in self.lines() if line.id == key_id), None)
        if line is None:
            return "nowhere"
        return str(self._file) if line.key else "the system's keyring"

    def lines(self) -> list[Line]:
        """Return what `vault.key` lists. Raises NeedsOperator `vault_key_wrong` if it is none."""
        try:
            with private_file.told(self._file):
                text = self._file.read_text("ascii") if self._file.exists() else ""
        except UnicodeDecodeError:
            raise _no_key_file(self._file) from None
        return [self._line(one) for one in text.splitlines() if one and not one.startswith("#")]

    def make(self, home: Home | None = None) -> sealing.Key:
        """Make the key to use from now on, in the keyring where there is one, else in the file.

        A file that lists no keys is moved aside. Raises BadConfig `bad_request` if `home` is the
        keyring and there is none.
        """
        key = sealing.new_key()
        former = self._former()
        if home != "file" and self._into_keyring(key, former):
            kept = Line(key.id)
        elif home == "keyring":
            raise errors.BadConfig("bad_request", "no keyring of the system answers here")
        else:
            kept = Line(key.id, key)
        self._write([kept, *former])
        self._found[key.id] = key
        return key

    def keep_only(self, key_ids: Collection[str]) -> None:
        """Drop every key of the file and the keyring that is not among these."""
        lines = self.lines()
        for line in lines:
            if line.id not in key_ids and line.key is None:
                self._system().drop(line.id)
        if any(line.id not in key_ids for line in lines):
            self._write([line for line in lines if line.id in key_ids])

    def _candidates(self, key_id: str) -> Iterator[sealing.Key]:
        yield from self._given
        for line in self.lines():
            if line.key is not None:
                yield line.key
            elif line.id == key_id:
                yield from _decoded(self._system().get(key_id))

    def _system(self) -> Keyring:
        if self._keyring is None:
            self._keyring = self._make_keyring()
        return self._keyring

    def _into_keyring(self, key: sealing.Key, former: list[Line]) -> bool:
        """List the key last, keep it, tell whether it is kept: a kill leaves no stray secret."""
        if not self._system().there():
            return False
        self._write([*former, Line(key.id)])
        if self._system().put(key.id, _encoded(key)):
            return True
        self._write(former)
        return False

    def _former(self) -> list[Line]:
        try:
            return self.lines()
        except errors.NeedsOperator:
            private_file.aside(self._file)
            return []

    def _line(self, text: str) -> Line:
        if text.startswith(_KEYRING):
            return Line(text.removeprefix(_KEYRING).strip())
        for key in _decoded(text):
            return Line(key.id, key)
        raise _no_key_file(self._file)

    def _write(self, lines: list[Line]) -> None:
        if not lines:
            self._file.unlink(missing_ok=True)
            return
        written = (_encoded(line.key) if line.key else f"{_KEYRING}{line.id}" for line in lines)
        private_file.write(self._file, (_HEADING + "\n".join(written) + "\n").encode())


def given(variable: str) -> tuple[sealing.Key, ...]:
    """Return the keys that GREENROOM_KEY holds. Raises BadConfig `bad_config` for others."""
    keys = []
    for text in filter(None, map(str.strip, variable.split(","))):
        found = list(_decoded(text))
        if not found:
            raise errors.BadConfig(
                "bad_config",
                f"{VARIABLE}: must be {sealing.KEY_BYTES} random bytes in base64, such as "
                "`openssl rand -base64 32` prints.",
            )
        keys += found
    return tuple(keys)


def of(file: Path, environ: Mapping[str, str], keyring: Callable[[], Keyring]) -> Ring:
    """Return the keys of the vault beside `file`."""
    return Ring(file, environ.get(VARIABLE, ""), keyring)


def _decoded(text: str | None) -> Iterator[sealing.Key]:
    """Yield the key that the text is, if it is one."""
    try:
        secret = base64.b64decode((text or "").translate(_STANDARD), validate=True)
    except (binascii.Error, ValueError):
        return
    if len(secret) == sealing.KEY_BYTES:
        yield sealing.Key(secret)


def _encoded(key: sealing.Key) -> str:
    return base64.b64encode(key.secret).decode()


def _no_key_file(file: Path) -> errors.NeedsOperator:
    return errors.NeedsOperator("vault_key_wrong", f"{file} lists no keys of a vault")
