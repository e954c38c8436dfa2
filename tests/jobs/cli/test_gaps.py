"""A new user's gap: a stop outlasts the backlog, and history fills it through a kill."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from fixtures.practice import client
from jobs.cli import exits
from tests.jobs.cli import given_home
from tests.jobs.cli.given_home import eventually
from tests.jobs.web import given_door

TOKEN = {"GREENROOM_TOKEN_MAIN__EVENTS": client.API_TOKEN}
HISTORY = "/push_service/room_history/"
FEED = """
[service]
port = {port}
lease_seconds = 1
[feeds.room]
feed = "chaturbate.events"
account = "main"
"""


@pytest.fixture
def home(world: client.Practice, tmp_path: Path) -> Iterator[given_home.Home]:
    """Return a home that listens to a feed which keeps only forty events."""
    world.clear_faults()
    world.configure(**given_home.SMALL, feed_backlog=40)
    made = given_home.furnish(tmp_path / "home", world)
    file = made.folder / "greenroom.toml"
    file.write_text(file.read_text() + FEED.format(port=given_door.free_port()))
    yield made
    world.clear_faults()
    assert made.empties()


def test_a_stop_that_outlasts_the_backlog_is_filled_though_the_service_is_killed_at_it(
    home: given_home.Home, world: client.Practice
) -> None:
    assert home.child("collect", "chaturbate.events", "-a", "main", **TOKEN).code == exits.OK
    assert home("feeds", "gaps").out == "There is no gap.\n"

    world.play(1, 120, platforms=["chaturbate"])
    world.fault("stall", path=HISTORY, times=None)
    first = home.start("serve", **TOKEN)
    assert eventually(lambda: world.status()["faults"][0]["hits"], 120), given_home.ended(first)
    filling = home("feeds", "gaps").out
    first.kill()
    first.communicate()
    assert home.empties()
    world.clear_faults()

    second = home.start("serve", **TOKEN)
    over = "SELECT 1 FROM gaps WHERE state <> 'filling'"
    assert eventually(lambda: home.rows(over), 120), given_home.ended(second)
    second.send_signal(signal.SIGTERM)
    assert given_home.ended(second, 60).code == exits.OK

    assert "(cursor_lost) filling, runs 3, 4\n" in filling
    assert home("feeds", "gaps").out == "All 1 gaps are filled.\n"
    assert "(cursor_lost) filled, runs 3, 4\n" in home("feeds", "gaps", "--all").out
    ended = "SELECT status, attempt > 1 FROM runs WHERE id IN (3, 4) ORDER BY attempt"
    assert home.rows(ended) == [("ok", 0), ("ok", 1)]
    assert told(home, "chat") >= said(world, "chat")
    assert told(home, "tip") >= said(world, "tip")
    assert home("feeds", "fill", 1).out == "gap 1 is filled as soon as a service sees it.\n"
    assert home("feeds", "fill", 9).code == exits.USAGE


def told(home: given_home.Home, kind: str) -> set[float]:
    """Return when, to the second, histories have acts of a kind."""
    found = home.rows(
        "SELECT strftime('%s', i.at) FROM interactions i JOIN streams s ON s.id = i.stream_id"
        " WHERE i.kind = :kind AND s.source <> 'chaturbate.events'",
        kind=kind,
    )
    return {float(at) for (at,) in found}


def said(world: client.Practice, kind: str) -> set[float]:
    """Return when, to the second, anybody did what they did in the broadcast."""

    happened = (one for one in world.truth()["happened"] if one["kind"] == kind)
    return {float(int(datetime.fromisoformat(one["at"]).timestamp())) for one in happened}
