"""The practice feed of events: its shapes, its places, its waiting, and a public client of it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from fixtures.practice import client

FEED = f"/events/{client.USERNAME}/{client.API_TOKEN}/"
OBJECTS = {
    "broadcastStart": {"broadcaster", "user"},
    "broadcastStop": {"broadcaster", "user"},
    "chatMessage": {"broadcaster", "user", "message"},
    "privateMessage": {"broadcaster", "user", "message"},
    "tip": {"broadcaster", "user", "tip"},
    "fanclubJoin": {"broadcaster", "user"},
    "follow": {"broadcaster", "user"},
    "unfollow": {"broadcaster", "user"},
    "userEnter": {"broadcaster", "user"},
    "userLeave": {"broadcaster", "user"},
    "mediaPurchase": {"broadcaster", "user", "media"},
    "roomSubjectChange": {"broadcaster", "subject"},
}
"""Method -> what its object holds, as published."""

PUBLIC_CLIENT = """
import asyncio, json, sys
from chaturbate_poller.core.client import ChaturbateClient

async def main(base, username, token):
    read, url = [], None
    async with ChaturbateClient(username, token, timeout=1) as reader:
        reader.base_url = base + "/events/{username}/{token}/"
        while True:
            answer = await reader.fetch_events(url)
            if not answer.events:
                break
            read += [event.id for event in answer.events]
            url = str(answer.next_url)
    print(json.dumps(read))

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture
def web(practice: client.Practice) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=practice.chaturbate, trust_env=False, timeout=10) as opened:
        yield opened


def asked(web: httpx.Client, **query: Any) -> dict[str, Any]:
    answer: dict[str, Any] = web.get(FEED, params={"timeout": 0, **query}).json()
    return answer


def drained(web: httpx.Client) -> list[dict[str, Any]]:
    answer, found = asked(web), list[dict[str, Any]]()
    while answer["events"]:
        found += answer["events"]
        answer = web.get(answer["nextUrl"]).json()
    return found


def place(answer: dict[str, Any]) -> str:
    query: dict[str, list[str]] = urllib.parse.parse_qs(
        urllib.parse.urlsplit(answer["nextUrl"]).query
    )
    return query["i"][0]


def test_all_twelve_methods_have_the_published_objects(
    practice: client.Practice, web: httpx.Client
) -> None:
    practice.configure(purchases=60)
    found = drained(web)

    assert {one["method"] for one in found} == set(OBJECTS)
    for one in found:
        assert set(one) == {"method", "object", "id"}
        direct = one["method"] == "privateMessage" and not one["object"].get("broadcaster")
        assert set(one["object"]) | ({"broadcaster"} if direct else set()) == OBJECTS[one["method"]]
    rooms = {one["object"].get("broadcaster") for one in found}
    assert rooms == {client.USERNAME, "", None}


def test_events_come_oldest_first_each_once(web: httpx.Client) -> None:
    ids = [tuple(map(int, one["id"].split("-"))) for one in drained(web)]

    assert ids == sorted(set(ids))
    assert len(ids) > 300


def test_a_wrong_place_brings_the_backlog_again(web: httpx.Client) -> None:
    assert asked(web, i="nonsense") == asked(web)


def test_a_place_before_the_backlog_is_refused_with_another(
    practice: client.Practice, web: httpx.Client
) -> None:
    first = asked(web)["events"][0]["id"]
    practice.configure(feed_backlog=20)
    answer = web.get(FEED, params={"i": first, "timeout": 0})

    assert (answer.status_code, set(answer.json())) == (400, {"status", "nextUrl"})
    assert len(web.get(answer.json()["nextUrl"]).json()["events"]) == 20


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/events/{client.USERNAME}/wrong/", 401),
        (f"/events/nobody_here/{client.API_TOKEN}/", 404),
        (f"{FEED}?timeout=91", 400),
    ],
)
def test_wrong_requests_are_refused(web: httpx.Client, path: str, status: int) -> None:
    assert web.get(path).status_code == status


def test_it_waits_as_long_as_it_is_asked_to(web: httpx.Client) -> None:
    last = drained(web)[-1]["id"]
    began = time.monotonic()
    answer = asked(web, i=last, timeout=1)

    assert 0.9 < time.monotonic() - began < 4
    assert (answer["events"], place(answer)) == ([], last)


def test_it_answers_at_once_when_something_happens(
    practice: client.Practice, web: httpx.Client
) -> None:
    last = drained(web)[-1]["id"]
    later = threading.Timer(0.3, practice.churn, [[{"do": "say", "who": "bob", "text": "hi"}]])
    later.start()
    began = time.monotonic()
    (event,) = asked(web, i=last, timeout=60)["events"]
    later.join()

    assert time.monotonic() - began < 10
    assert (event["method"], event["object"]["message"]["message"]) == ("chatMessage", "hi")


def test_ids_may_be_opaque(practice: client.Practice, web: httpx.Client) -> None:
    practice.configure(feed_ids="opaque")

    assert asked(web)["events"][0]["id"] == "event_id_0"


@pytest.mark.parametrize(
    ("kind", "status"),
    [("throttle", 429), ("server_error", 503), ("html_instead", 200), ("challenge", 403)],
)
def test_the_feed_suffers_faults_as_all_do(
    practice: client.Practice, web: httpx.Client, kind: str, status: int
) -> None:
    practice.fault(kind, path="/events/*")

    assert web.get(FEED).status_code == status


@pytest.fixture(scope="session")
def public_client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the public client in an environment of its own, once; skip where that cannot be."""
    folder = tmp_path_factory.mktemp("client")
    python = folder / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "-q", "--retries", "0", "--timeout", "10"]
    try:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=30)
        subprocess.run([*install, "chaturbate-poller"], check=True, timeout=45, capture_output=True)
    except (subprocess.SubprocessError, OSError) as error:
        pytest.skip(f"the public client cannot be installed here: {type(error).__name__}")
    return python


def test_a_public_client_of_the_real_feed_reads_this_one_to_its_end(
    practice: client.Practice, web: httpx.Client, public_client: Path, tmp_path: Path
) -> None:
    practice.configure(purchases=60)
    script = tmp_path / "client.py"
    script.write_text(PUBLIC_CLIENT, "utf-8")
    command = [str(public_client), str(script), practice.chaturbate, client.USERNAME]
    done = subprocess.run(
        [*command, client.API_TOKEN],
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
        cwd=tmp_path,
    )

    assert done.stderr == ""
    assert json.loads(done.stdout) == [one["id"] for one in drained(web)]
