"""Rows to files that can be trusted: safe cells, whole files, and a manifest of what they are."""

from __future__ import annotations

import csv
import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Literal, TextIO

import msgspec

from models import moment

Format = Literal["csv", "jsonl"]
Row = Mapping[str, Any]

_FORMULA = re.compile(r"'*\s*[=+\-@\t\r\n\0\uff1d\uff0b\uff0d\uff20]")
"""What a spreadsheet may run: also after blanks, in full width, and behind marks of ours."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the rows beforehand; `complete` and `run` are those of their listing."""

    what: str
    account: str
    as_of: datetime
    complete: bool | None
    run: int | None
    version: str


class Manifest(Facts, frozen=True, kw_only=True):
    """What a file holds; stands beside it as `<file>.manifest.json`."""

    file: str
    format: Format
    columns: tuple[str, ...]
    rows: int
    bytes: int
    sha256: str
    created_at: datetime


def write(
    rows: Iterable[Row], columns: Sequence[str], form: Format, path: Path, facts: Facts
) -> Manifest:
    """Write these columns of rows to `path` and their manifest beside it; return the manifest.

    Rows are taken one at a time. Both files appear whole or not at all, readable by their owner
    only; a manifest never stands beside a file that it does not describe. In CSV, text that a
    spreadsheet could run begins with `'` (see `unguarded`), and nothing is an empty cell; times
    are ISO 8601 in UTC. Raises OSError, and KeyError for a column that the rows do not have.
    """
    if path.exists() and not path.is_file():
        raise FileExistsError(f"{path} is there and is no file")
    place = path.with_name(f"{path.name}.manifest.json")
    with _unfinished(path) as data, _unfinished(place) as words:
        sink = _Sink(data.write)
        count = _FORMATS[form](rows, columns, sink)
        manifest = Manifest(
            **msgspec.structs.asdict(facts),
            file=path.name,
            format=form,
            columns=tuple(columns),
            rows=count,
            bytes=sink.bytes,
            sha256=sink.sha256(),
            created_at=moment.now(),
        )
        words.write(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
        _settle(data, words)
        place.unlink(missing_ok=True)
        Path(data.name).replace(path)
        Path(words.name).replace(place)
    return manifest


def stream(rows: Iterable[Row], columns: Sequence[str], form: Format, output: TextIO) -> int:
    """Write these columns of rows to an open text stream, as `write` does; return how many."""
    count = _FORMATS[form](rows, columns, _Sink(lambda data: output.write(data.decode())))
    output.flush()
    return count


def guarded(text: str) -> str:
    """Return a CSV cell's text so that no spreadsheet takes it for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """Return the text that `guarded` was given."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


class _Sink:
    """What csv can write to; counts and hashes the bytes that pass."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._hash = hashlib.sha256()
        self.bytes = 0

    def write(self, text: str) -> None:
        """Pass on `text` as UTF-8; a lone surrogate, which has none, becomes "?"."""
        data = text.encode(errors="replace")
        self.bytes += len(data)
        self._hash.update(data)
        self._write(data)

    def sha256(self) -> str:
        """Return the hash of everything that has passed."""
        return self._hash.hexdigest()


def _csv(rows: Iterable[Row], columns: Sequence[str], sink: _Sink) -> int:
    writer = csv.writer(sink)
    writer.writerow([guarded(column) for column in columns])
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 - the last number is the count
        writer.writerow([_cell(row[column]) for column in columns])
    return count


def _jsonl(rows: Iterable[Row], columns: Sequence[str], sink: _Sink) -> int:
    encoder = msgspec.json.Encoder()
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 - the last number is the count
        whole = {column: _plain(row[column]) for column in columns}
        sink.write(encoder.encode(whole).decode() + "\n")
    return count


_FORMATS: dict[Format, Callable[[Iterable[Row], Sequence[str], _Sink], int]] = {
    "csv": _csv,
    "jsonl": _jsonl,
}


def _cell(value: Any) -> str | int | float:
    match value:
        case str():
            return guarded(value)
        case bool():
            return str(value).lower()
        case None:
            return ""
        case int() | float():
            return value
        case datetime():
            return _time(value)
        case _:
            return guarded(msgspec.json.encode(value).decode())


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    return _time(value) if isinstance(value, datetime) else value


def _time(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


@contextmanager
def _unfinished(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file beside `path`, to be renamed when it is whole; removed if it is not."""
    with tempfile.NamedTemporaryFile(
        dir=path.parent, prefix=f".{path.name}.", suffix=".part", delete=False
    ) as stream:
        try:
            yield stream.file
        finally:
            Path(stream.name).unlink(missing_ok=True)


def _settle(*streams: IO[bytes]) -> None:
    """Make what was written survive a loss of power."""
    for stream in streams:
        stream.flush()
        os.fsync(stream.fileno())
