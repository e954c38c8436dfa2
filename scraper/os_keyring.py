"""The operating system's keyring, where there is a real one: the home of keyring.

A keyring may ask a person to unlock it, or never answer: every call has a deadline, and after the
first that is missed the keyring counts as absent until the process ends.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from keyring import backend

SERVICE = "greenroom vault"
DEADLINE = 15.0
"""Seconds that a keyring has to answer, a person's unlocking it included."""

_REAL = 1  # the keyring library gives lesser priorities to its null, fail and plain-text backends

_T = TypeVar("_T")


@functools.cache
def of_this_process() -> OsKeyring:
    """Return the one that all of this process use, so that a silent one is waited for once."""
    return OsKeyring()


class OsKeyring:
    """Keeps small texts under names. What cannot be done is None or False, never an error."""

    def __init__(self, deadline: float = DEADLINE) -> None:
        self._deadline = deadline
        self._backend: backend.KeyringBackend | None = None
        self._absent = False

    def there(self) -> bool:
        """Tell whether there is a real keyring that answers."""
        return self._asked(lambda _ring: True) or False

    def get(self, name: str) -> str | None:
        """Return what is kept under the name, or None."""
        return self._asked(lambda ring: ring.get_password(SERVICE, name))

    def put(self, name: str, text: str) -> bool:
        """Keep a text; return whether it can be read back."""
        self._asked(lambda ring: ring.set_password(SERVICE, name, text))
        return self.get(name) == text

    def drop(self, name: str) -> None:
        """Forget what is kept under the name, if the keyring lets us."""
        self._asked(lambda ring: ring.delete_password(SERVICE, name))

    def _asked(self, question: Callable[[backend.KeyringBackend], _T]) -> _T | None:
        """Ask in a thread of its own that may be left behind: it must not keep us from ending."""
        answers: list[_T] = []

        def ask() -> None:
            with contextlib.suppress(Exception):  # backends raise what their libraries raise
                self._backend = self._backend or _real_backend()
                if self._backend is not None:
                    answers.append(question(self._backend))

        if self._absent:
            return None
        thread = threading.Thread(target=ask, name="keyring", daemon=True)
        thread.start()
        thread.join(self._deadline)
        self._absent = thread.is_alive() or self._backend is None
        return answers[0] if answers else None


def _real_backend() -> backend.KeyringBackend | None:
    """Return the keyring that the library would use, if it keeps secrets secret."""
    import keyring  # noqa: PLC0415 - slow to import, and most processes never need it

    chosen = keyring.get_keyring()
    among = getattr(chosen, "backends", [chosen])  # several: the library's chain of all of them
    return next((one for one in among if float(one.priority) >= _REAL), None)
