"""`greenroom serve` takes what is pushed to it, however often it is killed, and fires rules."""

from __future__ import annotations

import http.client
import itertools
import json
import random
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self
from urllib import parse

import pytest
from sqlalchemy import text
from websockets.sync import client as client_of

from fixtures.practice import client
from models import db
from tests.jobs.cli import given_home, given_service
from tests.jobs.web import given_door
from tests.practice import given_hooks

SENDERS = 3
KILLS = {"sqlite": 4, "postgresql": 2}
MORE = """
[service]
port = {port}
lease_seconds = 1
hosts = ["greenroom.example"]
[sites.statbate]
base_url = "{statbate}"
[accounts.figures]
site = "statbate"
username = "{username}"
[feeds.hook]
feed = "statbate.webhook"
account = "figures"
"""


@pytest.fixture
def port() -> int:
    return given_door.free_port()


@pytest.fixture
def home(world: client.Practice, tmp_path: Path, port: int) -> given_home.Home:
    world.configure(**given_home.SMALL, keep_sessions=True)
    made = given_home.furnish(tmp_path / "home", world)
    file = made.folder / "greenroom.toml"
    more = MORE.format(port=port, statbate=world.statbate, username=world.username)
    file.write_text(file.read_text() + more)
    return made


class Sender:
    """A site that sends each tip until it is acknowledged, as several at once."""

    def __init__(self, port: int, path: str) -> None:
        self._port, self._path = port, path
        self._numbers = itertools.count(1)
        self._over, self._given_up = threading.Event(), threading.Event()
        self.acknowledged: list[int] = []
        self.repeated = 0
        self._threads = [threading.Thread(target=self._send) for _ in range(SENDERS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def goes_on(self) -> None:
        """Wait until more was acknowledged."""
        before = len(self.acknowledged)
        assert given_home.eventually(lambda: len(self.acknowledged) > before + 10, 30)

    def end(self) -> None:
        """Send no more; what is under way is sent for another moment."""
        self._over.set()
        for thread in self._threads:
            thread.join(20)
        self._given_up.set()  # by what nobody answers any more

    def _send(self) -> None:
        while not self._over.is_set():
            number = next(self._numbers)
            data = {"site": "chaturbate", "model": "operator_one", "member": "alice"}
            told = {"event": "model.tip", "timestamp": 1_795_248_000, "data": data}
            body = json.dumps(told | {"data": data | {"amount": number}})
            while not (done := 200 <= self.post(body) < 300) and not self._given_up.is_set():
                self.repeated += 1
                time.sleep(0.02)
            if done:
                self.acknowledged.append(number)

    def post(self, body: str) -> int:
        link = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            link.request("POST", self._path, body, {"Host": "greenroom.example"})
            return link.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            link.close()


@pytest.fixture
def database(database_url: str) -> Iterator[db.Database]:
    opened = db.connect(database_url)
    yield opened
    opened.close()


def tips(database: db.Database) -> list[int]:
    with database.read() as connection:
        found = connection.execute(text("SELECT tokens FROM interactions ORDER BY tokens"))
        return [tokens for (tokens,) in found]


def test_a_kill_between_sending_and_answering_loses_nothing_and_doubles_nothing(
    home: given_home.Home, database: db.Database, database_url: str, port: int
) -> None:
    environ = home.environ(GREENROOM_DATABASE__URL=database_url)
    said = home("feeds", "address", "hook")
    assert said.out.startswith("https://greenroom.example/in/"), said
    path, rng = parse.urlsplit(said.out.strip()).path, random.Random(5)  # noqa: S311 - no secret
    serving = given_service.start(home.folder, environ)
    with Sender(port, path) as sender:
        try:
            for _ in range(KILLS[database.dialect]):
                sender.goes_on()
                time.sleep(rng.uniform(0, 0.05))
                serving.kill()
                serving.join()
                assert {*sender.acknowledged} <= {*tips(database)}
                serving = given_service.start(home.folder, environ)
            sender.goes_on()
        finally:
            sender.end()
            serving.terminate()
            serving.join(20)

    assert tips(database) == sorted(sender.acknowledged)
    assert sender.repeated > 0
    assert serving.exitcode == 0
    assert path.rpartition("/")[2] not in given_service.said(home.folder)


def test_the_address_is_shown_again_and_another_one_made_and_refusals_are_listed(
    home: given_home.Home, port: int
) -> None:
    first, again = home("feeds", "address", "hook"), home("feeds", "address", "hook", "--json")
    another = home("feeds", "address", "hook", "--new")
    stranger = home("feeds", "address", "room")
    serving = given_service.start(home.folder, home.environ())
    try:
        post = Sender(port, parse.urlsplit(another.out.strip()).path).post
        assert given_home.eventually(lambda: post("rubbish") == 202)
        assert given_home.eventually(lambda: " live since " in home("feeds", "list").out)
    finally:
        serving.terminate()
        serving.join(20)
    listed = home("feeds", "list")

    assert again.json() == first.lines()
    assert first.out != another.out
    assert (stranger.code, "known: hook" in stranger.err) == (2, True)
    assert "1 refused, last" in listed.out
    assert "not_json" in listed.out


RULES = """
[rules.dance]
amount = 33
event = "dance"
[rules.lights]
amount = 99
command = ["{python}", "-c", "import sys; open('lights.json', 'w').write(sys.stdin.read())"]
[rules.wheel]
amount = 200
webhook = "{wheel}"
"""


def test_the_classic_table_is_fired_by_what_is_pushed(home: given_home.Home, port: int) -> None:
    path = parse.urlsplit(home("feeds", "address", "hook").out.strip()).path
    overlay = home("web", "token", "create", "overlay", "--scope", "dashboard").out.strip()
    lights, file = home.folder / "lights.json", home.folder / "greenroom.toml"
    with given_hooks.Receiver(refuse=1) as wheel:
        rules = RULES.format(python=sys.executable, wheel=wheel.url)
        file.write_text(file.read_text() + rules)
        serving = given_service.start(home.folder, home.environ())
        try:
            assert given_home.eventually(
                lambda: home.rows("SELECT upto FROM marks WHERE reader = 'rules'")
            )
            address = f"ws://127.0.0.1:{port}/ws/events"
            headers = {"Authorization": f"Bearer {overlay}"}
            with client_of.connect(address, additional_headers=headers, proxy=None) as socket:
                for member, amount in (("anon_tips", 33), ("alice", 50), ("bob", 99), ("eve", 200)):
                    told = {"site": "chaturbate", "room": "operator_one", "member": member}
                    assert Sender(port, path).post(json.dumps(told | {"amount": amount})) == 200
                said = iter(lambda: json.loads(socket.recv(20)), None)
                fired = next(one["data"] for one in said if one["event_type"] == "RULE_FIRED")
            wheel.wait(2, 20)
            assert given_home.eventually(lambda: lights.exists() and lights.read_text())
            done = "SELECT rule, state, attempts FROM rule_firings ORDER BY id"
            assert given_home.eventually(lambda: {row[1] for row in home.rows(done)} == {"done"})
        finally:
            serving.terminate()
            serving.join(20)

    assert (fired["event"], fired["act"]["username"]) == ("dance", None)
    assert json.loads(lights.read_text())["act"]["username"] == "bob"
    assert [one["act"]["tokens"] for one in wheel.bodies] == [200, 200]
    assert len({one["id"] for one in wheel.bodies}) == 1
    assert home.rows(done) == [("dance", "done", 0), ("lights", "done", 1), ("wheel", "done", 2)]
