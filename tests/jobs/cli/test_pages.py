"""Single pages: fetched raw, read again, made a test case of, and imported from saved files."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobs.cli import exits
from models import archive
from tests.jobs.cli import conftest, given_home

FOLLOWERS = "/accounts/followers/"
AsPublished = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module")
def saved(life: conftest.Life, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the pages of the followers list as the account was shown them."""
    folder = tmp_path_factory.mktemp("saved")
    with life.home.connection() as connection:
        for number in archive.find(connection, kind="followers_html", run_id=1):
            answer = archive.get(connection, number)
            [page] = re.findall(r"page=(\d+)", answer.url)
            (folder / f"page{page}.html").write_bytes(answer.body)
    assert len(list(folder.iterdir())) == 4
    return folder


def test_a_raw_answer_is_printed_as_it_came_and_archived(lived: given_home.Home) -> None:
    tables = lived.tables()
    said = lived("fetch", f"{FOLLOWERS}?page=2", "-a", "main")

    number = int(re.findall(r"\(payload (\d+)\)\n$", said.err)[0])
    assert said.code == exits.OK
    assert f"200 {lived.world.chaturbate}{FOLLOWERS}?page=2 (payload" in said.err
    assert said.out.startswith("<!DOCTYPE html>")
    with lived.connection() as connection:
        assert archive.get(connection, number).body.decode() == said.out
    after = lived.tables()
    assert [name for name in tables if after[name] != tables[name]] == [
        name
        for name in tables
        if name in {"runs", "payloads", "payload_bodies", "accounts", "sqlite_sequence"}
        and after[name] != tables[name]
    ]
    for command in (("parse", number), ("fixture", number, "case")):
        refused = lived(*command)
        assert refused.code == exits.USAGE
        assert "no parser of chaturbate reads an answer of kind fetch" in refused.err


def test_an_answer_that_is_an_error_is_still_the_answer(lived: given_home.Home) -> None:
    said = lived("fetch", "/nobody-here/nothing/", "-a", "main")

    assert said.code == exits.OK
    assert said.err.splitlines()[-1].startswith("404 ")
    assert "Not Found" in said.out


@pytest.mark.parametrize("url", ["https://example.invalid/", "http://127.0.0.1:9/x", "//x.invalid"])
def test_an_address_of_another_site_is_not_asked_for(lived: given_home.Home, url: str) -> None:
    tables = lived.tables()
    said = lived("fetch", url, "-a", "main")

    assert said.code == exits.USAGE
    assert " is no address of http://127.0.0.1:" in said.err
    assert lived.tables() == tables


def test_a_fetch_that_fails_says_why_now_and_later(lived: given_home.Home) -> None:
    lived.world.fault("reset", path=FOLLOWERS, times=None)
    said = lived("fetch", FOLLOWERS, "-a", "main")
    shown = lived("runs", "show", 8, "--json").json()
    resumed = lived("runs", "resume", 8)

    [error] = shown["errors"]
    assert (said.code, shown["status"]) == (exits.FAILED, "partial")
    assert said.err.startswith(f"error[{error['code']}]: ")
    assert error["code"] in {"body_truncated", "connection_lost"}
    assert "run 8 asked for a single answer; `greenroom fetch` it again" in resumed.err


def test_what_a_parser_reads_is_printed(lived: given_home.Home, life: conftest.Life) -> None:
    [(number,)] = lived.rows(
        "SELECT min(id) FROM payloads WHERE run_id = 1 AND kind = 'followers_html'"
    )
    told = lived("parse", number).json()

    members = [one["username"] for one in told["records"] if one["type"] == "Member"]
    assert members == life.before["followers"][:10]
    assert [lead["kind"] for lead in told["leads"]] == ["followers_html"]


def test_a_page_that_drifted_is_named_by_its_selector(lived: given_home.Home) -> None:
    [(number,)] = lived.rows(
        "SELECT min(id) FROM payloads WHERE run_id = 1 AND kind = 'followers_html'"
    )
    file = lived.folder / "greenroom.toml"
    selectors = '\n[sites.chaturbate.selectors]\nfollowers_row = "li.nobody-of-this-name"\n'
    file.write_text(file.read_text() + selectors)
    said = lived("parse", number)

    assert said.code == exits.FAILED
    assert said.err.startswith("error[list_empty_but_declared]: ")
    assert "followers_row (li.nobody-of-this-name)" in said.err
    assert "\nremedy: " in said.err


def test_reading_the_archive_again_changes_nothing(lived: given_home.Home) -> None:
    tables = lived.tables()
    whole = lived("reparse")
    part = lived("reparse", "--kind", "followers_html")

    assert whole.code == exits.OK
    assert re.fullmatch(r"\d+ payloads, \d+ records, 0 new\n", whole.out)
    [(pages,)] = lived.rows("SELECT count(*) FROM payloads WHERE kind = 'followers_html'")
    assert part.out.startswith(f"{pages} payloads, ")
    assert lived.tables() == tables


def test_reading_the_archive_again_finds_what_was_lost(lived: given_home.Home) -> None:
    lost = "interactions WHERE text LIKE '%HYPERLINK%'"
    before = lived.rows(f"SELECT at, text, tokens FROM {lost} ORDER BY stream_id, key")  # noqa: S608
    lived.change(f"DELETE FROM {lost}")  # noqa: S608 - the same words
    said = lived("reparse")

    assert said.out.rstrip().endswith(f" {len(before)} new")
    assert lived.rows(f"SELECT at, text, tokens FROM {lost} ORDER BY stream_id, key") == before  # noqa: S608


def test_pages_that_cannot_be_read_again_are_counted(lived: given_home.Home) -> None:
    lived.world.fault("challenge", path=FOLLOWERS, page=2, times=None)
    assert lived("collect", "chaturbate.followers", "-a", "main").code == exits.NEEDS_OPERATOR
    said = lived("reparse", "--kind", "followers_html")

    assert said.code == exits.PARTIAL
    assert said.lines()[1:] == ["  1 refused: challenge"]


def test_a_test_case_has_nobody_real_in_it(lived: given_home.Home, life: conftest.Life) -> None:
    [(number,)] = lived.rows(
        "SELECT min(id) FROM payloads WHERE run_id = 1 AND kind = 'followers_html'"
    )
    said = lived("fixture", number, "first-page", "--folder", "cases")
    again = lived("fixture", number, "first-page", "--folder", "cases")

    place = lived.folder / "cases" / "chaturbate" / "followers_html" / "first-page"
    content = {path.name: path.read_text("utf-8") for path in place.iterdir()}
    assert said.code == exits.OK
    assert set(content) == {"request.json", "payload.json", "body.html"}
    words = set(re.findall(r"\w+", "\n".join(content.values()).lower()))
    assert words & {name.lower() for name in life.before["followers"]} == set()
    assert "person_1" in content["body.html"]
    assert json.loads(content["payload.json"])["status"] == 200
    assert again.code == exits.USAGE
    assert "first-page is already there" in again.err


@pytest.mark.parametrize("name", ["Two words", "../x", "", "UPPER"])
def test_a_case_needs_a_plain_name(lived: given_home.Home, name: str) -> None:
    said = lived("fixture", 1, name, "--folder", "cases")

    assert said.code == exits.USAGE
    assert "is no name: letters, digits, - and _" in said.err
    assert not (lived.folder / "cases").exists()


def imported(home: given_home.Home, *files: Path, words: tuple[str, ...] = ()) -> given_home.Said:
    return home("import-page", *files, "-a", "main", "--kind", "followers", "--json", *words)


def test_saved_pages_are_a_list_like_any_other(
    home: given_home.Home, saved: Path, life: conftest.Life, as_published: AsPublished
) -> None:
    said = imported(home, *sorted(saved.iterdir()), words=("--total", "40"))
    told = as_published(said.out)

    assert (said.code, told["status"], told["records"]) == (exits.OK, "ok", 40)
    assert told["listing"]["complete"] is True
    assert home.members("follower") == set(life.before["followers"])
    assert home.world.requests() == []


@pytest.mark.parametrize("left_out", [1, 2, 4])
def test_saved_pages_of_which_one_is_missing_prove_nothing(
    home: given_home.Home, saved: Path, as_published: AsPublished, left_out: int
) -> None:
    files = [file for file in sorted(saved.iterdir()) if str(left_out) not in file.name]
    said = imported(home, *files, words=("--total", "40"))
    told = as_published(said.out)

    assert (said.code, told["status"]) == (exits.PARTIAL, "partial")
    assert told["listing"]["complete"] is False
    assert told["listing"]["reasons"]
    assert home.rows("SELECT * FROM follow_events") == []
    assert home("export", "followers", "-a", "main").code == exits.USAGE


def test_a_wrong_total_is_noticed(
    home: given_home.Home, saved: Path, as_published: AsPublished
) -> None:
    told = as_published(imported(home, *sorted(saved.iterdir()), words=("--total", "44")).out)

    assert (told["status"], told["listing"]["declared"], told["listing"]["seen"]) == (
        "partial",
        44,
        40,
    )


def test_a_saved_page_of_somebody_signed_out_is_refused(
    home: given_home.Home, as_published: AsPublished
) -> None:
    page = home.folder / "login.html"
    page.write_text("<!DOCTYPE html><html><body><form action='/auth/login/'></form></body></html>")
    told = as_published(imported(home, page).out)

    assert told["status"] in {"failed", "needs_operator", "partial"}
    assert told["errors"]
    assert home.rows("SELECT * FROM follow_edges") == []


@pytest.mark.parametrize("name", ["nowhere.html", "."])
def test_a_file_that_cannot_be_read_is_named(home: given_home.Home, name: str) -> None:
    said = home("import-page", name, "-a", "main", "--kind", "followers")

    assert said.code == exits.USAGE
    assert said.err.startswith(f"error[bad_request]: {name} cannot be read: ")
    assert home.rows("SELECT * FROM runs") == []
