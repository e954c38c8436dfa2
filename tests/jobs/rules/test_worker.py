from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest

from jobs.rules import definition, teller, telling, webhooks, worker
from models import apply, db, firings, moment
from tests.jobs.rules import test_matching
from tests.jobs.web import given_door
from tests.models import given_store

HOUSE = Path(__file__).parents[3]
CHILD = """
import asyncio, sys
from jobs.rules import definition, teller, worker
from models import db

database = db.connect(sys.argv[1])
rule = definition.Rule.model_validate({"webhook": sys.argv[2]})
rules = worker.Rules(database, lambda: {"thanks": rule}, {}, lease_seconds=1.0)
asyncio.run(rules.run())
"""


class Receiver:
    """A webhook's receiver on loopback: what it was sent; `answers` are given in turn, then 200."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], Any]] = []
        self.answers: list[int] = []
        self.holds = threading.Event()
        self.holds.set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((dict(self.headers), json.loads(body)))
                outer.holds.wait(20)
                status = outer.answers.pop(0) if outer.answers else 200
                try:
                    self.send_response(status)
                    if status == 302:
                        self.send_header("Location", "http://127.0.0.1:1/")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                except OSError:
                    return

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self.holds.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def rules(**fields: Any) -> Mapping[str, definition.Rule]:
    return {"thanks": definition.Rule.model_validate(fields)}


def begin(database: db.Database) -> None:
    """Let rules begin with what happens from now on."""
    with database.write() as connection:
        firings.mark(connection)


def happen(database: db.Database, *acts: Any) -> None:
    with database.write() as connection:
        apply.apply(connection, acts, given_store.source(connection, seen_at=moment.now()))


def fired(database: db.Database) -> list[firings.Firing]:
    with database.read() as connection:
        return firings.newest(connection, None, 1000)[::-1]


async def until(met: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not met():  # noqa: ASYNC110 - the table is looked at, as it is by others
            await asyncio.sleep(0.02)


def states(database: db.Database) -> list[str]:
    return [one.state for one in fired(database)]


async def test_a_tip_is_told_to_a_webhook_once_and_history_is_not(
    database: db.Database, receiver: Receiver
) -> None:
    happen(database, given_door.act("before"))
    begin(database)
    working = worker.Rules(database, lambda: rules(webhook=receiver.url, amount="33"), {})
    async with worker.working(working):
        happen(
            database,
            given_door.act("1", text="hi", username=None),
            given_door.act("2", tokens=34),
            given_door.act("3", at=given_door.ago(hours=1)),
            given_door.act("4", private=True),
        )
        working.nudge()
        await until(lambda: states(database) == ["done"])
        happen(database, given_door.act("1", text="hi", username=None))
        working.nudge()
        happen(database, given_door.act("5", username="bob"))
        await until(lambda: states(database) == ["done", "done"])

    told = [body for _, body in receiver.got]
    assert [one["act"]["username"] for one in told] == [None, "bob"]
    assert told[0]["rule"] == "thanks"
    assert told[0]["act"]["tokens"] == 33
    assert [head["Idempotency-Key"] for head, _ in receiver.got] == [
        f"greenroom-firing-{one.id}" for one in fired(database)
    ]


async def test_a_tip_that_three_sources_state_fires_a_rule_once_and_names_nobody(
    database: db.Database, receiver: Receiver
) -> None:
    begin(database)
    working = worker.Rules(database, lambda: rules(webhook=receiver.url), {})
    at = moment.now()
    async with worker.working(working):
        for source, facts in (
            ("chaturbate.token_stats", {"username": "carol", "private": True}),
            ("chaturbate.room_history", {"username": None}),
            ("chaturbate.events", {"username": None}),
        ):
            happen(database, given_door.act(source, source=source, at=at, **facts))
            working.nudge()
        await until(lambda: states(database) == ["done"])
        happen(database, given_door.act("another", tokens=34, source="chaturbate.events"))
        working.nudge()
        await until(lambda: len(receiver.got) == 2)

    told = [body["act"] for _, body in receiver.got]
    assert [(act["tokens"], act["source"]) for act in told] == [
        (33, "chaturbate.room_history"),
        (34, "chaturbate.events"),
    ]
    assert told[0]["username"] is None
    assert len(fired(database)) == 2


async def test_a_receiver_that_fails_is_told_again_and_one_that_refuses_is_not(
    database: db.Database, receiver: Receiver
) -> None:
    begin(database)
    receiver.answers = [503, 200, 404, 302]
    working = worker.Rules(database, lambda: rules(webhook=receiver.url), {})
    async with worker.working(working):
        for number, count in (("1", 1), ("2", 2), ("3", 3)):
            happen(database, given_door.act(number))
            working.nudge()
            await until(lambda: len(states(database)) == count and "queued" not in states(database))  # noqa: B023 - awaited at once

    assert [(one.state, one.attempts, one.last_error) for one in fired(database)] == [
        ("done", 2, None),
        ("failed", 1, "status 404"),
        ("failed", 1, "status 302"),
    ]
    assert len(receiver.got) == 4


async def test_a_receiver_that_hangs_keeps_no_other_rule_waiting(
    database: db.Database, receiver: Receiver, tmp_path: Path
) -> None:
    begin(database)
    receiver.holds.clear()
    heard = tmp_path / "heard"
    table = {
        "hangs": definition.Rule(kinds=("tip",), webhook=receiver.url),
        "quick": definition.Rule(kinds=("tip",), command=("touch", str(heard)), amount="99"),
        "overlay": definition.Rule(kinds=("tip",), event="thanks", amount="99"),
    }
    working = worker.Rules(database, lambda: table, {"PATH": "/usr/bin:/bin"})
    async with worker.working(working):
        happen(database, *(given_door.act(str(number)) for number in range(30)))
        working.nudge()
        await until(lambda: len(receiver.got) == teller.OF_A_RULE)
        happen(database, given_door.act("late", tokens=99))
        working.nudge()
        await until(heard.exists)
        await until(lambda: states(database).count("done") == 2)
        assert len(receiver.got) == teller.OF_A_RULE
        receiver.holds.set()
        await until(lambda: states(database) == ["done"] * 33)

    assert len(receiver.got) == 31


async def test_a_receiver_that_answers_a_byte_at_a_time_is_not_waited_for() -> None:
    left = asyncio.Event()

    async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(b"H")
                await writer.drain()
                await asyncio.sleep(0.05)
        writer.close()
        left.set()

    now = moment.now()
    firing = firings.Firing(
        rule="r", way="webhook", interaction_id=1, state="queued", at=now, next_at=now
    )
    act = msgspec.structs.replace(test_matching.ACT, at=now)
    async with await asyncio.start_server(drip, "127.0.0.1", 0) as receiver:
        port = receiver.sockets[0].getsockname()[1]
        with pytest.raises(telling.Again, match="no answer within"):
            await webhooks.send(f"http://127.0.0.1:{port}/", firing, act, deadline=0.3)
        await asyncio.wait_for(left.wait(), 10)


@pytest.mark.parametrize("where", ["while it is told", "before it is told"])
async def test_a_kill_leaves_a_firing_that_is_told_and_recorded_once(
    database: db.Database, database_url: str, receiver: Receiver, where: str
) -> None:
    begin(database)
    if where == "while it is told":
        receiver.holds.clear()
    command = [sys.executable, "-c", CHILD, database_url, receiver.url]
    with subprocess.Popen(command, cwd=HOUSE) as child:  # noqa: ASYNC220 - it is to be killed
        happen(database, *(given_door.act(str(number)) for number in range(3)))
        await until(
            lambda: len(receiver.got) == 3 if where == "while it is told" else bool(fired(database))
        )
        child.send_signal(signal.SIGKILL)
    receiver.holds.set()

    working = worker.Rules(database, lambda: rules(webhook=receiver.url), {}, lease_seconds=1.0)
    async with worker.working(working):
        await until(lambda: states(database) == ["done"] * 3)

    keys = [head["Idempotency-Key"] for head, _ in receiver.got]
    assert len(set(keys)) == len(fired(database)) == 3


async def test_a_command_is_given_the_act_and_no_secret_and_no_shell(
    database: db.Database, tmp_path: Path
) -> None:
    begin(database)
    out = tmp_path / "out.json"
    script = (
        "import json, os, sys; json.dump([json.load(sys.stdin), dict(os.environ)],"
        " open(sys.argv[1], 'w')); print('seen')"
    )
    environ = {"PATH": "/usr/bin", "GREENROOM_PASSWORD_MAIN": "pw", "GREENROOM_KEY": "k"}
    command = [sys.executable, "-c", script, str(out), "; touch /nowhere"]
    working = worker.Rules(database, lambda: rules(command=command), environ)
    async with worker.working(working):
        happen(database, given_door.act("1", text="$(true) `x`"))
        working.nudge()
        await until(lambda: states(database) == ["done"])

    told, seen = json.loads(out.read_text())
    assert told["act"]["text"] == seen["GREENROOM_TEXT"] == "$(true) `x`"
    assert (seen["GREENROOM_USERNAME"], seen["GREENROOM_TOKENS"]) == ("alice", "33")
    assert not {"GREENROOM_PASSWORD_MAIN", "GREENROOM_KEY"} & set(seen)


async def test_a_command_that_is_not_there_fails_and_says_so(database: db.Database) -> None:
    begin(database)
    working = worker.Rules(database, lambda: rules(command=["/nowhere/prog"]), {})
    async with worker.working(working):
        happen(database, given_door.act("1"))
        working.nudge()
        await until(lambda: states(database) == ["failed"])

    assert "cannot be started" in str(fired(database)[0].last_error)


async def test_the_classic_table_fires_exactly_at_33_99_and_200(database: db.Database) -> None:
    begin(database)
    table = {
        name: definition.Rule.model_validate({"amount": str(amount), "event": name})
        for name, amount in (("wave", 33), ("dance", 99), ("show", 200))
    }
    amounts = (32, 33, 34, 98, 99, 100, 199, 200, 201)
    async with worker.working(working := worker.Rules(database, lambda: table, {})):
        happen(database, *(given_door.act(str(n), tokens=n) for n in amounts))
        working.nudge()
        await until(lambda: len(fired(database)) == 3)

    assert [one.rule for one in fired(database)] == ["wave", "dance", "show"]


async def test_an_overlay_hears_what_a_rule_fired_and_what_is_limited_is_recorded_only(
    database: db.Database, tmp_path: Path
) -> None:
    begin(database)
    with given_door.opened(database, tmp_path) as place:
        chosen = rules(event="confetti", per_minute=1)
        working = worker.Rules(database, lambda: chosen, {}, told=place.door.nudge)
        async with worker.working(working), place.listening("/ws/events", "dashboard") as socket:
            place.apply(given_door.act("1"), given_door.act("2", username="bob"))
            working.nudge()
            told = await given_door.heard(socket, "RULE_FIRED")
            await until(lambda: len(fired(database)) == 2)
            acts = told["seq"].partition(".")[0]
        async with place.listening(f"/ws/events?since={acts}.0") as back:
            again = await given_door.heard(back)

    assert told["data"]["event"] == "confetti"
    assert told["data"]["act"]["username"] == "alice"
    assert [one.state for one in fired(database)] == ["done", "limited"]
    assert again["data"] == told["data"]


async def test_of_two_that_work_one_fires(database: db.Database, receiver: Receiver) -> None:
    begin(database)
    both = [
        worker.Rules(database, lambda: rules(webhook=receiver.url), {}, lease_seconds=5)
        for _ in range(2)
    ]
    async with worker.working(both[0]), worker.working(both[1]):
        happen(database, *(given_door.act(str(number)) for number in range(20)))
        for one in both:
            one.nudge()
        await until(lambda: states(database) == ["done"] * 20)

    assert len(receiver.got) == 20


async def test_thousands_of_acts_at_once_fire_in_order_and_none_twice(
    database: db.Database,
) -> None:
    begin(database)
    chosen = rules(event="e", per_minute=6000)
    start = time.monotonic()
    happen(database, *(given_door.act(str(n), tokens=n + 1) for n in range(1200)))
    async with worker.working(worker.Rules(database, lambda: chosen, {})):
        await until(lambda: len(states(database)) == 1000)

    with database.read() as connection:
        found = firings.newest(connection, "thanks", 5000)
    assert len({one.interaction_id for one in found}) == len(found)
    assert time.monotonic() - start < 30
