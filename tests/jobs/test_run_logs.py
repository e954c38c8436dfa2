"""The log of a run: added to by all its attempts, never without bounds, read in words."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jobs import logs, run_logs
from scraper import private_file


def say(storage: Path, *messages: str, run_id: int = 7) -> None:
    for message in messages:
        run_logs.note(storage, run_id, "info", message)


def read(storage: Path, run_id: int = 7) -> list[str]:
    return [run_logs.words(line).split(" ", 2)[2] for line in run_logs.lines(storage, run_id)]


def test_attempts_add_to_one_log(tmp_path: Path) -> None:
    say(tmp_path, "attempt 1", "ended")
    say(tmp_path, "attempt 2")

    assert read(tmp_path) == ["attempt 1", "ended", "attempt 2"]


def test_a_log_is_for_its_owner_only(tmp_path: Path) -> None:
    say(tmp_path, "attempt 1")
    place = run_logs.path(tmp_path, 7)

    assert place.stat().st_mode & 0o777 == private_file.FILE_MODE
    assert place.parent.stat().st_mode & 0o777 == private_file.FOLDER_MODE


def test_there_is_no_log_of_a_run_that_said_nothing(tmp_path: Path) -> None:
    with pytest.raises(LookupError):
        list(run_logs.lines(tmp_path, 7))


def test_a_log_that_is_full_begins_anew_and_keeps_its_former_part(tmp_path: Path) -> None:
    long = "x" * (run_logs.LONGEST // 4)
    say(tmp_path, *(f"{number} {long}" for number in range(8)))
    kept = [message.split(" ", 1)[0] for message in read(tmp_path)]
    files = [*run_logs.path(tmp_path, 7).parent.iterdir()]

    assert kept == ["3", "4", "5", "6", "7"]
    assert max(file.stat().st_size for file in files) <= run_logs.LONGEST


def test_old_logs_go_and_so_do_the_oldest_of_too_many(tmp_path: Path) -> None:
    now = 1_800_000_000.0
    for run_id, days in ((1, 40), (2, 20), (3, 10), (4, 1)):
        say(tmp_path, "here", run_id=run_id)
        place = run_logs.path(tmp_path, run_id)
        with place.open("rb+") as file:
            file.truncate(run_logs.MOST // 2 + 1 if run_id in (2, 3) else 1000)
        os.utime(place, (now - days * 86_400,) * 2)
    run_logs.prune(tmp_path, now)

    assert sorted(path.stem for path in run_logs.path(tmp_path, 1).parent.iterdir()) == ["3", "4"]


def test_who_follows_a_log_gets_each_whole_line_once_though_it_begins_anew(tmp_path: Path) -> None:
    follower = run_logs.Follower(tmp_path, 7)
    assert follower.news() == []
    say(tmp_path, "one", "two")
    with run_logs.path(tmp_path, 7).open("ab") as file:
        first = [run_logs.words(line)[20:] for line in follower.news()]
        file.write(b'{"at": "2026-11-21T12:00:00+00:00", "level": "info", ')
        file.flush()
        half = follower.news()
        file.write(b'"message": "three"}\n')
    third = [run_logs.words(line)[20:] for line in follower.news()]
    run_logs.path(tmp_path, 7).replace(run_logs.former(run_logs.path(tmp_path, 7)))
    say(tmp_path, "four")
    rest = [run_logs.words(line)[20:] for _ in range(2) for line in follower.news()]

    assert (first, half, third, rest) == (["one", "two"], [], ["three"], ["four"])


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            b'{"at":"2026-11-21T12:00:00.123+01:00","level":"info","message":"here"}\n',
            "2026-11-21 11:00:00 here",
        ),
        (
            b'{"at":"2026-11-21T12:00:00Z","level":"error","message":"no","exception":"Trace"}\n',
            "2026-11-21 12:00:00 error: no\nTrace",
        ),
        (b"not JSON at all\n", "not JSON at all"),
        (b'{"at": 7}\n', '{"at": 7}'),
    ],
)
def test_lines_are_read_in_words(line: bytes, words: str) -> None:
    assert run_logs.words(line) == words


def test_what_is_copied_into_a_log_has_no_secrets(tmp_path: Path) -> None:
    logs.configure(secrets={"hush-hush"})
    with run_logs.writing(tmp_path, 7) as writer, logs.copied(writer), logs.bound(7):
        logs.log.debug("the word is hush-hush")
    logs.log.info("afterwards")

    assert read(tmp_path) == ["debug: the word is ***"]
