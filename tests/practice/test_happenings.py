"""A scripted broadcast: seeded, and told by every platform's feed in its own words."""

from __future__ import annotations

import time
from typing import Any

import httpx

from fixtures.practice import client, happenings

FEED = f"/events/{client.USERNAME}/{client.API_TOKEN}/"
PEOPLE = ["ann", "bo", "cy"]


def fed(practice: client.Practice) -> list[dict[str, Any]]:
    told = httpx.get(practice.chaturbate + FEED, params={"timeout": 0}, trust_env=False).json()
    found: list[dict[str, Any]] = told["events"]
    while told["events"]:
        told = httpx.get(told["nextUrl"], trust_env=False).json()
        found += told["events"]
    return found


def test_the_same_seed_gives_the_same_happenings() -> None:
    once, again = (happenings.script(3, 500, 1, PEOPLE) for _ in range(2))
    assert once == again
    assert once != happenings.script(4, 500, 1, PEOPLE)
    assert {one.platform for one in once} == set(happenings.PLATFORMS)
    assert {one.kind for one in once} == set(happenings.KINDS)


def test_a_script_played_at_once_is_in_the_truth_and_in_the_feed(practice: client.Practice) -> None:
    practice.configure(messages=0, tips=0, purchases=0)
    before = len(fed(practice))
    practice.play(5, 60, platforms=["chaturbate"])
    truth = practice.truth()["happened"]
    assert [one["number"] for one in truth] == list(range(1, 61))
    assert truth == sorted(truth, key=lambda one: one["at"])
    told = fed(practice)[before:]
    assert [one["object"]["user"]["username"] for one in told] == [one["username"] for one in truth]
    tips = [one["object"]["tip"]["tokens"] for one in told if one["method"] == "tip"]
    assert tips == [one["tokens"] for one in truth if one["kind"] == "tip"]


def test_a_script_played_in_time_takes_its_time(practice: client.Practice) -> None:
    began = time.monotonic()
    practice.play(5, 100, per_second=400)
    while len(practice.truth()["happened"]) < 100:
        assert time.monotonic() < began + 20
        time.sleep(0.02)
    assert time.monotonic() - began > 0.2
