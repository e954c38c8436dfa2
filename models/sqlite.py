"""What SQLite needs: a current library, a private file, the right pragmas, and its error codes."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

try:
    from pysqlite3 import dbapi2
except ImportError:  # no wheel for this machine: the library that came with Python
    from sqlite3 import dbapi2

driver: Any = dbapi2

SAFE_VERSION = (3, 51, 3)
"""Older libraries can damage a WAL database that two connections write at the same instant."""

_PATIENCE = 30.0
"""Seconds that whoever opens a new file waits for others who make it at the same time."""

_PRAGMAS = {
    "busy_timeout": ("30000", 30000),
    "journal_mode": ("WAL", "wal"),
    "synchronous": ("NORMAL", 1),
    "foreign_keys": ("ON", 1),
    "trusted_schema": ("OFF", 0),
    "temp_store": ("MEMORY", 2),
    "journal_size_limit": ("67108864", 67108864),
}
_WRITER = {"wal_autocheckpoint": ("1000", 1000), "cache_size": ("-16384", -16384)}
_READER = {
    "wal_autocheckpoint": ("0", 0),
    "query_only": ("ON", 1),
    "cache_size": ("-4096", -4096),
}
"""Each connection has a cache of its own, in KiB: what is in none of them is in the system's."""

_REASONS = {
    5: "database_busy",  # SQLITE_BUSY
    6: "database_busy",  # SQLITE_LOCKED
    8: "database_unreachable",  # SQLITE_READONLY
    10: "database_unreachable",  # SQLITE_IOERR
    11: "database_damaged",  # SQLITE_CORRUPT
    13: "disk_full",  # SQLITE_FULL
    14: "database_unreachable",  # SQLITE_CANTOPEN
    26: "database_damaged",  # SQLITE_NOTADB
}
_NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "fuse.sshfs", "glusterfs"}


class Unsuitable(OSError):
    """The place or the library cannot hold the database as it must be held."""


def prepare(path: Path) -> None:
    """Create the folder (0700) and the file (0600); refuse a network file system.

    Raises OSError.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    kind = file_system(path.parent.resolve())
    if kind in _NETWORK:
        raise Unsuitable(f"a SQLite database cannot be shared over a network ({kind})")
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        if not path.is_file():
            raise Unsuitable("it is no file") from None
        if path.stat().st_mode & 0o077:
            with suppress(PermissionError):
                path.chmod(0o600)


def file_system(folder: Path) -> str:
    """Return the type of the file system of `folder`, "" where that cannot be told."""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    types = {}
    for line in mounts.splitlines():
        _, place, kind, *_ = line.split(" ")
        types[Path(place.replace("\\040", " "))] = kind
    return next((types[place] for place in (folder, *folder.parents) if place in types), "")


def configure(connection: Any, *, writes: bool) -> None:
    """Set the pragmas of a new driver connection and check that each one holds."""
    connection.isolation_level = None
    for name, (wanted, held) in (_PRAGMAS | (_WRITER if writes else _READER)).items():
        _patiently(connection, f"PRAGMA {name}={wanted}")
        (value,) = connection.execute(f"PRAGMA {name}").fetchone()
        if value != held:
            raise Unsuitable(f"SQLite does not accept {name}={wanted} here (it is {value})")


def _patiently(connection: Any, statement: str) -> None:
    """Execute it, waiting for others: SQLite itself does not while the journal mode changes.

    Of several that open a new file at once, one changes it and the others find it changed.
    """
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.execute(statement)
        except driver.OperationalError as error:
            if reason(error) != "database_busy" or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def reason(error: BaseException | None) -> str | None:
    """Return the code of an error of the database itself, None for any other."""
    return _REASONS.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
