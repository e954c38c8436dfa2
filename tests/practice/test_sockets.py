"""Sockets of the practice sites say now and then that they live, as the real ones do."""

from __future__ import annotations

import json

import httpx
import pytest
from websockets.sync import client as sockets

from fixtures.practice import client


@pytest.fixture
def idle(practice: client.Practice) -> client.Practice:
    practice.configure(idle_seconds=0.05)
    return practice


def test_stripchat_pings_where_nothing_happens(idle: client.Practice) -> None:
    told = httpx.get(f"{idle.stripchat}/api/front/v3/config/initial-dynamic").json()
    place = told["initialDynamic"]["websocket"]
    with sockets.connect(place["url"], proxy=None) as opened:
        opened.send(json.dumps({"id": 1, "connect": {"token": place["token"]}}))
        opened.recv(5)
        opened.send(json.dumps({"id": 2, "subscribe": {"channel": "newChatMessage@1"}}))
        opened.recv(5)

        assert [opened.recv(5), opened.recv(5)] == ["{}", "{}"]


def test_camsoda_tells_numbers_where_nothing_happens(idle: client.Practice) -> None:
    token = httpx.get(f"{idle.camsoda}/api/v1/user/current").json()["user"]["node_token"]
    url = f"ws{idle.camsoda.removeprefix('http')}/node/2"
    with sockets.connect(url, proxy=None) as opened:
        opened.send(json.dumps(["v3.authorize", {"token": token}]))
        opened.recv(5)
        opened.send(json.dumps([5, {"room": client.USERNAME}]))

        assert [json.loads(opened.recv(5))[0] for _ in range(3)] == [39, 39, 39]
