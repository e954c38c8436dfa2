from __future__ import annotations

import csv
import hashlib
import io
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import export

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FACTS = export.Facts(
    what="followers", account="main", as_of=NOON, complete=True, run=7, version="0.1.0"
)
COLUMNS = ("username", "tokens", "at", "text")
ROWS: list[dict[str, Any]] = [
    {"username": "alice", "tokens": -25, "at": NOON, "text": "plain"},
    {"username": "007", "tokens": 0, "at": NOON, "text": 'quote " comma , semicolon ;'},
    {"username": "bob", "tokens": None, "at": NOON, "text": "two\nlines\r\nand\rone"},
    {
        "username": "carol",
        "tokens": 2**60,
        "at": NOON,
        "text": "\U0001f600 \u05e9\u05dc\u05d5\u05dd",
    },
    {"username": "dave", "tokens": 1, "at": NOON + timedelta(microseconds=5), "text": ""},
]
DANGERS = [
    *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1", "  =1", "\u00a0=1"),
    *("\uff1d1", "\uff0b1", "\uff0d1", "\uff201", "'=1", "''=1", "-"),
]

ENDLESS = """
import itertools, sys
from pathlib import Path
from models import export
from tests.models.test_export import FACTS

rows = ({"n": number} for number in itertools.count())
export.write(rows, ["n"], "csv", Path(sys.argv[1]), FACTS)
"""


def written(path: Path, form: export.Format, rows: list[dict[str, Any]] | None = None) -> str:
    export.write(ROWS if rows is None else rows, COLUMNS, form, path, FACTS)
    return path.read_bytes().decode()


def cells(said: str) -> list[list[str]]:
    return [list(map(export.unguarded, row)) for row in csv.reader(io.StringIO(said, newline=""))]


def text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return "" if value is None else str(value)


def test_csv_reads_back_as_what_was_written(tmp_path: Path) -> None:
    header, *found = cells(written(tmp_path / "a.csv", "csv"))

    assert tuple(header) == COLUMNS
    assert found == [[text(row[column]) for column in COLUMNS] for row in ROWS]


def test_jsonl_reads_back_as_what_was_written(tmp_path: Path) -> None:
    found = [json.loads(line) for line in written(tmp_path / "a.jsonl", "jsonl").split("\n")[:-1]]

    assert found == [{**row, "at": text(row["at"])} for row in ROWS]
    assert list(found[0]) == list(COLUMNS)


@given(st.lists(st.fixed_dictionaries({"a": st.text(), "b": st.text() | st.integers()})))
def test_any_text_survives_both_formats(rows: list[Mapping[str, Any]]) -> None:
    said: dict[export.Format, str] = {}
    forms: tuple[export.Format, ...] = ("csv", "jsonl")
    for form in forms:
        output = io.StringIO(newline="")
        export.stream(rows, ["a", "b"], form, output)
        said[form] = output.getvalue()

    assert cells(said["csv"])[1:] == [[row["a"], str(row["b"])] for row in rows]
    assert [json.loads(line) for line in said["jsonl"].split("\n")[:-1]] == rows


def test_lines_and_quotes_are_those_of_rfc_4180(tmp_path: Path) -> None:
    said = written(tmp_path / "a.csv", "csv", ROWS[:2])

    assert said == (
        "username,tokens,at,text\r\n"
        "alice,-25,2026-03-01T12:00:00Z,plain\r\n"
        '007,0,2026-03-01T12:00:00Z,"quote "" comma , semicolon ;"\r\n'
    )


@pytest.mark.parametrize("danger", DANGERS)
def test_a_cell_that_could_run_begins_with_a_mark(danger: str) -> None:
    output = io.StringIO(newline="")
    export.stream([{danger: danger}], [danger], "csv", output)

    found = list(csv.reader(io.StringIO(output.getvalue(), newline="")))
    assert found == [[f"'{danger}"], [f"'{danger}"]]
    assert export.unguarded(f"'{danger}") == danger


@pytest.mark.parametrize("harmless", ["alice", "a=1", "1-1", "'tis", "", " ", "#", "50 % off"])
def test_a_harmless_cell_stays_as_it_is(harmless: str) -> None:
    assert export.guarded(harmless) == export.unguarded(harmless) == harmless


def test_json_has_no_marks(tmp_path: Path) -> None:
    row = ROWS[0] | {"text": "=1+1"}

    assert json.loads(written(tmp_path / "a.jsonl", "jsonl", [row]))["text"] == "=1+1"


def test_times_are_told_in_utc_whatever_their_zone(tmp_path: Path) -> None:
    row = ROWS[0] | {"at": NOON.astimezone(timezone(timedelta(hours=-7)))}
    for form in ("csv", "jsonl"):
        assert "2026-03-01T12:00:00Z" in written(tmp_path / "a", form, [row])


def test_truth_values_and_lists_have_a_cell() -> None:
    output = io.StringIO(newline="")
    export.stream([{"a": True, "b": 0.5, "c": ["x", "y"]}], ["a", "b", "c"], "csv", output)

    assert cells(output.getvalue())[1] == ["true", "0.5", '["x","y"]']


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_lone_surrogate_is_no_reason_to_fail(form: export.Format) -> None:
    output = io.StringIO(newline="")

    assert export.stream([{"a": "x\ud800"}], ["a"], form, output) == 1
    assert "x?" in output.getvalue()


def test_the_manifest_describes_the_file_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "followers.csv"
    manifest = export.write(ROWS, COLUMNS, "csv", path, FACTS)

    found = json.loads((tmp_path / "followers.csv.manifest.json").read_bytes())
    data = path.read_bytes()
    assert found["created_at"].endswith("Z")
    del found["created_at"]
    assert found == {
        "what": "followers",
        "account": "main",
        "as_of": "2026-03-01T12:00:00Z",
        "complete": True,
        "run": 7,
        "version": "0.1.0",
        "file": "followers.csv",
        "format": "csv",
        "columns": list(COLUMNS),
        "rows": len(ROWS),
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    assert (manifest.rows, manifest.sha256) == (len(ROWS), found["sha256"])


def test_no_rows_are_a_header_and_a_manifest(tmp_path: Path) -> None:
    assert written(tmp_path / "a.csv", "csv", []) == "username,tokens,at,text\r\n"
    assert json.loads((tmp_path / "a.csv.manifest.json").read_bytes())["rows"] == 0


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    written(tmp_path / "a.csv", "csv")

    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def broken_rows() -> Iterator[dict[str, Any]]:
    yield from ROWS
    raise RuntimeError("the database went away")


def test_a_failed_export_leaves_the_former_one_as_it_was(tmp_path: Path) -> None:
    written(tmp_path / "a.csv", "csv")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(RuntimeError):
        export.write(broken_rows(), COLUMNS, "csv", tmp_path / "a.csv", FACTS)

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_killed_export_leaves_nothing_under_its_name(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    process = subprocess.Popen([sys.executable, "-c", ENDLESS, str(path)])
    while not any(part.stat().st_size > 100_000 for part in tmp_path.iterdir()):
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()

    assert process.wait() == -signal.SIGKILL
    assert not path.exists()
    assert not (tmp_path / "a.csv.manifest.json").exists()


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileExistsError):
        export.write(ROWS, COLUMNS, "csv", tmp_path / "folder", FACTS)

    assert list(tmp_path.iterdir()) == [tmp_path / "folder"]


def test_many_rows_take_no_more_memory_than_few(tmp_path: Path) -> None:
    process = psutil.Process()
    before = process.memory_info().rss
    rows = ({"username": f"person_{number}", "text": "hi"} for number in range(200_000))
    manifest = export.write(rows, ["username", "text"], "csv", tmp_path / "a.csv", FACTS)

    assert manifest.rows == 200_000
    assert process.memory_info().rss - before < 8 * 1024 * 1024
