"""Feeds over sockets are listened to like all others; what nobody heard is a gap."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.practice import client
from models import db
from tests.jobs.feeds import given_feeds
from tests.jobs.feeds.given_feeds import until

FEEDS = {"stripchat": ("stripchat.live_chat", "strip"), "camsoda": ("camsoda.live_tips", "soda")}


@pytest.mark.parametrize("platform", FEEDS)
async def test_tips_told_over_a_socket_are_in_the_table_and_a_silence_is_a_gap(
    world: client.Practice, new_database: db.Database, tmp_path: Path, platform: str
) -> None:
    world.configure(followed=4, messages=0, tips=0, purchases=0, keep_sessions=True)
    feed, account = FEEDS[platform]
    more = f'[feeds.room]\nfeed = "{feed}"\naccount = "{account}"\n'
    house = given_feeds.house(world, new_database, tmp_path, more=more)
    tips = "SELECT count(*), sum(tokens) FROM interactions WHERE kind = 'tip'"
    async with house.listening():
        await until(lambda: house.state() == "live")
        await until(lambda: platform != "camsoda" or given_feeds.joined(world))
        world.play(3, 200, platforms=[platform])
        wanted = [one["tokens"] for one in world.truth()["happened"] if one["kind"] == "tip"]
        await until(lambda: house.rows(tips) == [(len(wanted), sum(wanted))])
        assert house.count("gaps") == 0
    async with house.listening():
        await until(lambda: house.state() == "live" and house.count("gaps") == 1)
