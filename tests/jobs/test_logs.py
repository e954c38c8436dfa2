import asyncio
import io
import json
import logging
from collections.abc import Iterator

import pytest

from jobs import logs


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _quiet_afterwards() -> Iterator[None]:
    yield
    logs.configure(stream=io.StringIO(), level="CRITICAL")


def test_a_line_for_people_is_short_and_names_its_run() -> None:
    out = io.StringIO()
    logs.configure(stream=out)

    with logs.bound(7):
        logs.log.info("read page {}", 3)

    assert out.getvalue()[8:] == " info run 7: read page 3\n"


def test_colours_are_for_terminals_only() -> None:
    terminal, file = Terminal(), io.StringIO()

    for out in (terminal, file):
        logs.configure(stream=out)
        logs.log.warning("slow down")

    assert "\x1b[33mwarning\x1b[0m: slow down" in terminal.getvalue()
    assert "\x1b" not in file.getvalue()


def test_a_line_for_programs_is_one_json_object() -> None:
    out = io.StringIO()
    logs.configure(json=True, stream=out)

    with logs.bound(7):
        logs.log.bind(pages=3).info("two\nlines")

    line = json.loads(out.getvalue())
    assert (line["run"], line["level"], line["message"], line["pages"]) == (
        7,
        "info",
        "two\nlines",
        3,
    )
    assert line["at"].endswith("+00:00")
    assert out.getvalue().count("\n") == 1


async def test_every_task_of_a_run_carries_its_run_id() -> None:
    out = io.StringIO()
    logs.configure(json=True, stream=out)

    async def work(run_id: int) -> None:
        with logs.bound(run_id):
            await asyncio.sleep(0)
            logs.log.info("run {}", run_id)
            await asyncio.to_thread(logs.log.info, "run {}", run_id)

    await asyncio.gather(work(1), work(2))

    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert len(lines) == 4
    assert all(line["message"] == f"run {line['run']}" for line in lines)


@pytest.mark.parametrize("as_json", [False, True])
def test_secrets_are_hidden_in_messages_extras_and_exceptions(*, as_json: bool) -> None:
    out = io.StringIO()
    secret = 'open "sesame" \u00e9'
    logs.configure(json=as_json, stream=out, secrets=[secret])
    logs.hide("typed-later")

    try:
        int(f"{secret}; Cookie: sessionid=abcdef")
    except ValueError:
        logs.log.bind(extra=secret).exception("failed with {}", "typed-later")
    logs.log.info("GET https://x.example/e?token=abcdef&page=2")
    logs.log.info("Authorization: Bearer abcdef")

    said = out.getvalue()
    assert "ValueError" in said
    assert "page=2" in said
    assert not any(secret in said for secret in ("sesame", "typed-later", "abcdef"))


def test_the_values_of_variables_stay_out_of_tracebacks() -> None:
    out = io.StringIO()
    logs.configure(stream=out)
    unregistered = "-".join(("in", "a", "variable"))

    try:
        len(unregistered) / 0
    except ZeroDivisionError:
        logs.log.exception("failed")

    assert "ZeroDivisionError" in out.getvalue()
    assert unregistered not in out.getvalue()


def test_control_characters_of_strangers_cannot_write_lines_of_their_own() -> None:
    out = io.StringIO()
    logs.configure(stream=out)

    logs.log.info("user \x1b[2J\nfake error run 9: all lost")

    assert out.getvalue().count("\n") == 1
    assert "\x1b" not in out.getvalue()


def test_lines_below_the_level_are_not_said() -> None:
    out = io.StringIO()
    logs.configure(stream=out, level="WARNING")

    logs.log.info("quiet")

    assert not out.getvalue()


def test_libraries_are_heard_from_warning_on_with_the_run_they_work_for() -> None:
    out = io.StringIO()
    logs.configure(json=True, stream=out, level="DEBUG")

    with logs.bound(7):
        logging.getLogger("httpx").info("GET https://x.example/?token=abcdef")
        logging.getLogger("sqlalchemy.engine").warning("token=abcdef is %s", "slow")

    (line,) = [json.loads(line) for line in out.getvalue().splitlines()]
    assert (line["run"], line["logger"]) == (7, "sqlalchemy.engine")
    assert line["message"] == "token=*** is slow"


def test_configuring_twice_says_each_line_once() -> None:
    out = io.StringIO()
    logs.configure(stream=out)
    logs.configure(stream=out)

    logging.getLogger("alembic").warning("once")

    assert out.getvalue().count("once") == 1


def test_a_closed_stream_does_not_end_a_run() -> None:
    out = io.StringIO()
    logs.configure(stream=out)
    out.close()

    logs.log.info("nobody hears this")
