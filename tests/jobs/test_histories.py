"""Chat and token histories, each act once: whole, in pieces, and while more is being said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fixtures.practice import client
from jobs import evidence
from models import db
from tests.jobs import given_runs as given

SMALL = {"followed": 4, "followers": 4, "messages": 70, "tips": 50, "purchases": 12}
PAGES = {"tokens_page": 20, "chat_page": 20}
STATS = "/api/ts/tipping/token-stats/"
CHAT = "/model/chaturbate/*"
KINDS = {
    "Tip received": "tip",
    "Private show": "private_show",
    "Spy on private show": "spy_show",
    "Photos/videos sold": "media_sale",
    "Fan club membership": "fanclub",
    "Tokens purchased": "token_purchase",
    "Tokens cashed out": "payout",
}
NOTICES = {"Photos/videos sold": "purchase", "Fan club membership": "fanclub_join"}

Row = tuple[Any, ...]


@pytest.fixture
def house(plain_house: given.House) -> given.House:
    return plain_house


def make(world: client.Practice, **options: Any) -> None:
    world.configure(keep_sessions=True, **(SMALL | PAGES | options))


def acts(house: given.House, source: str) -> Counter[Row]:
    """Return what the tables hold of a source: kind, second, who, tokens, text, private."""
    found = house.rows(
        "SELECT i.kind, i.at, p.username, i.tokens, i.text, i.private FROM interactions i"
        " JOIN streams s ON s.id = i.stream_id LEFT JOIN persons p ON p.id = i.person_id"
        " WHERE s.source = :source",
        source=source,
    )
    return Counter((kind, second(at), *told) for kind, at, *told in found)


def second(at: str) -> str:
    """Return a time as the whole second it lies in, in UTC."""
    return f"{datetime.fromisoformat(at).replace(tzinfo=None):%Y-%m-%d %H:%M:%S}"


def said(rows: Iterable[dict[str, Any]]) -> Counter[Row]:
    return Counter(
        ("chat", second(row["at"]), row["username"], None, row["text"], 0) for row in rows
    )


def in_the_room(true: dict[str, Any]) -> Counter[Row]:
    """Return what the history of the room must have shown."""
    tips = Counter(
        (
            "tip",
            second(row["at"]),
            None if row["anonymous"] else row["username"],
            row["tokens"],
            row["text"] or None,
            0,
        )
        for row in true["tips"]
    )
    notices: Counter[Row] = Counter()
    for row in true["transactions"]:
        if kind := NOTICES.get(row["description"]):
            notices[kind, second(row["at"]), row["username"]] += 1
    shown = said(true["messages"]) + tips
    return Counter(row[:3] for row in shown.elements()) + notices


def paid(true: dict[str, Any]) -> Counter[Row]:
    """Return what the token history must have shown."""
    return Counter(
        (
            KINDS[row["description"]],
            second(row["at"]),
            row["username"] or None,
            row["tokens"],
            row["description"],
            1,
        )
        for row in true["transactions"]
    )


def chatted(true: dict[str, Any]) -> Counter[Row]:
    """Return what Statbate Plus must have shown."""
    return Counter(
        ("chat", row["time"], row["sender"], None, row["message"], 0) for row in true["statbate"]
    )


@pytest.mark.parametrize("form", ["topic", "keyed", "mixed"])
async def test_a_rooms_history_is_kept_act_by_act_and_once(
    house: given.House, world: client.Practice, form: str
) -> None:
    make(world, history_form=form)
    first = await house.collect("chaturbate.chat")
    again = await house.collect("chaturbate.chat")
    found, true = acts(house, "chaturbate.room_history"), world.truth()

    assert (first.status, again.status, again.new) == ("ok", "ok", 0)
    assert first.new == found.total()
    assert Counter(row[:3] for row in found.elements()) == in_the_room(true)
    assert said(true["messages"]) <= found


async def test_what_was_said_meanwhile_is_added(house: given.House, world: client.Practice) -> None:
    make(world)
    await house.collect("chaturbate.chat")
    world.churn_random(seed=1, says=3, tips=2)
    ended = await house.collect("chaturbate.chat")

    assert ended.new == 5
    assert said(world.truth()["messages"]) <= acts(house, "chaturbate.room_history")


async def test_the_secrets_of_a_room_stand_nowhere(
    furnish: Callable[..., given.House],
    new_database: db.Database,
    world: client.Practice,
    tmp_path: Path,
) -> None:
    house = furnish(new_database)
    make(world)
    await house.collect("chaturbate.chat")
    world.fault("truncate", path="/api/chatvideocontext/*", mode="silent", keep=0.9, times=None)
    await house.collect("chaturbate.chat")
    secrets = [secret.encode() for secret in world.truth()["canaries"]]
    kept = [*bodies(house), *tables(house), "\n".join(house.told).encode(), *files(tmp_path)]

    assert secrets
    assert [secret for secret in secrets if any(secret in one for one in kept)] == []


def bodies(house: given.House) -> list[bytes]:
    """Return every archived payload as it can be read back."""
    ids = [number for (number,) in house.rows("SELECT id FROM payloads")]
    with house.database.read() as connection:
        return [msgspec.json.encode(evidence.get(connection, number).answer) for number in ids] + [
            evidence.get(connection, number).answer.body for number in ids
        ]


def tables(house: given.House) -> list[bytes]:
    """Return every row of every table as text."""
    names = [name for (name,) in house.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return [repr(house.rows(f'SELECT * FROM "{name}"')).encode() for name in names]  # noqa: S608


def files(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("loaded", ["truthy", "zero"])
@pytest.mark.parametrize("transactions", ["list", "object"])
async def test_the_token_history_is_the_truth(
    house: given.House, world: client.Practice, transactions: str, loaded: str
) -> None:
    make(world, transactions=transactions, loaded=loaded)
    ended = await house.collect("chaturbate.tips")

    assert (ended.status, ended.new) == ("ok", SMALL["tips"] + SMALL["purchases"])
    assert acts(house, "chaturbate.token_stats") == paid(world.truth())


async def test_two_equal_tips_in_one_second_stay_two(
    house: given.House, world: client.Practice
) -> None:
    make(world)
    await house.collect("chaturbate.tips")
    twins = [row for row, count in acts(house, "chaturbate.token_stats").items() if count == 2]

    assert len(twins) >= 3


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kolkata"])
async def test_times_are_read_in_the_zone_of_the_settings(
    house: given.House, world: client.Practice, zone: str
) -> None:
    make(world, zone=zone)
    house.chosen.sites["chaturbate"] = house.chosen.sites["chaturbate"].model_copy(
        update={"timezone": zone}
    )
    await house.collect("chaturbate.tips")

    assert acts(house, "chaturbate.token_stats") == paid(world.truth())


async def test_a_second_run_reads_only_what_is_new(
    house: given.House, world: client.Practice
) -> None:
    make(world)
    await house.collect("chaturbate.tips")
    read = len(world.requests(STATS))
    world.churn_random(seed=1, tips=3)
    ended = await house.collect("chaturbate.tips")

    assert (read, len(world.requests(STATS)) - read, ended.new) == (5, 1, 3)
    assert acts(house, "chaturbate.token_stats") == paid(world.truth())


@pytest.mark.parametrize("page", [1, 2, 3])
async def test_a_run_that_stopped_in_the_middle_leaves_no_hole_to_the_next(
    house: given.House, world: client.Practice, page: int
) -> None:
    make(world)
    await house.collect("chaturbate.tips")
    world.churn_random(seed=1, tips=45)
    world.fault("server_error", path=STATS, page=page, times=None)
    stopped = await house.collect("chaturbate.tips")
    world.clear_faults()
    world.churn_random(seed=2, tips=2)
    ended = await house.collect("chaturbate.tips")

    assert (stopped.status, ended.status) == ("partial", "ok")
    assert acts(house, "chaturbate.token_stats") == paid(world.truth())


async def test_a_stopped_run_goes_on_where_it_stopped(
    house: given.House, world: client.Practice
) -> None:
    make(world)
    world.fault("server_error", path=STATS, page=3, times=None)
    stopped = await house.collect("chaturbate.tips")
    world.clear_faults()
    before = len(world.requests(STATS))
    ended = await house.resume(stopped.run)

    assert (ended.status, len(world.requests(STATS)) - before) == ("ok", 3)
    assert acts(house, "chaturbate.token_stats") == paid(world.truth())


async def test_full_reads_the_whole_history_again_and_adds_nothing(
    house: given.House, world: client.Practice
) -> None:
    make(world)
    await house.collect("chaturbate.tips")
    before = len(world.requests(STATS))
    ended = await house.collect("chaturbate.tips", full=True)

    assert (ended.status, ended.new, len(world.requests(STATS)) - before) == ("ok", 0, before)


async def test_tips_that_come_while_the_history_is_read_are_found_by_the_next_run(
    house: given.House, world: client.Practice
) -> None:
    make(world)
    world.churn([{"after": n, "path": STATS, "do": "tip"} for n in (1, 2, 2)])
    await house.collect("chaturbate.tips")
    await house.collect("chaturbate.tips")

    assert acts(house, "chaturbate.token_stats") == paid(world.truth())


PAGINATORS = [
    {"pages_by": pages_by, "newest_first": newest_first}
    for pages_by in ("paginate", "simple", "cursor", "resource")
    for newest_first in (True, False)
]


@pytest.mark.parametrize("pages", PAGINATORS, ids=str)
async def test_the_chat_of_a_room_is_the_truth_however_it_is_paged(
    house: given.House, world: client.Practice, pages: dict[str, Any]
) -> None:
    """The world has equal messages in one second across page boundaries."""
    make(world, page_object="div" if pages["newest_first"] else "script", **pages)
    assert max(chatted(world.truth()).values()) == 2
    ended = await collect_chat(house)
    again = await collect_chat(house, full=True)

    assert (ended.status, ended.new) == ("ok", SMALL["messages"])
    assert (again.status, again.new) == ("ok", 0)
    assert acts(house, "statbate_plus.chat") == chatted(world.truth())


async def collect_chat(house: given.House, **options: Any) -> Any:
    return await house.collect("statbate_plus.chat", target=house.world.username, **options)


@pytest.mark.parametrize("page", [2, 3, 4])
async def test_a_new_version_of_the_site_is_no_trouble(
    house: given.House, world: client.Practice, page: int
) -> None:
    make(world)
    world.fault("new_version", path=CHAT, page=page)
    ended = await collect_chat(house)

    assert ended.status == "ok"
    assert 409 in {one["status"] for one in world.requests(CHAT)}
    assert acts(house, "statbate_plus.chat") == chatted(world.truth())


async def test_only_what_was_not_known_is_read_by_default(
    house: given.House, world: client.Practice
) -> None:
    make(world, now=lately())
    await collect_chat(house)
    read = len(world.requests(CHAT))
    world.churn_random(seed=1, says=3)
    ended = await collect_chat(house)

    assert (len(world.requests(CHAT)) - read, ended.new) == (1, 3)
    assert acts(house, "statbate_plus.chat") == chatted(world.truth())


def lately() -> float:
    """Return a moment a few seconds ago, after which there is room for more to be said."""
    return float(int(datetime.now(UTC).timestamp()) - 20)


async def test_a_window_is_read_and_nothing_around_it(
    house: given.House, world: client.Practice
) -> None:
    make(world)
    rows = world.truth()["statbate"]
    since, until = rows[20]["time"], rows[45]["time"]
    ended = await collect_chat(house, since=f"{since}+00:00", until=f"{until}+00:00")
    inside = [row for row in rows if since <= row["time"] <= until]

    assert (ended.status, ended.new) == ("ok", len(inside))
    assert acts(house, "statbate_plus.chat") == chatted({"statbate": inside})


async def test_windows_that_overlap_add_up_to_the_whole(
    house: given.House, world: client.Practice
) -> None:
    make(world)
    rows = [row["time"] for row in world.truth()["statbate"]]
    for since, until in ((30, 69), (0, 40), (35, 50)):
        await collect_chat(house, since=f"{rows[since]}+00:00", until=f"{rows[until]}+00:00")
    await collect_chat(house)

    assert acts(house, "statbate_plus.chat") == chatted(world.truth())


@pytest.mark.parametrize("pages", PAGINATORS, ids=str)
async def test_messages_that_arrive_while_the_chat_is_read_are_neither_lost_nor_doubled(
    house: given.House, world: client.Practice, pages: dict[str, Any]
) -> None:
    make(world, **pages)
    world.churn([{"after": after, "path": CHAT, "do": "say"} for after in (1, 3)])
    first = await collect_chat(house)
    await collect_chat(house, full=True)

    assert first.status == "ok"
    assert acts(house, "statbate_plus.chat") == chatted(world.truth())


async def test_a_chat_that_stopped_in_the_middle_leaves_no_hole(
    house: given.House, world: client.Practice
) -> None:
    make(world)
    world.fault("server_error", path=CHAT, page=3, times=None)
    stopped = await collect_chat(house)
    world.clear_faults()
    ended = await collect_chat(house)

    assert (stopped.status, ended.status) == ("partial", "ok")
    assert acts(house, "statbate_plus.chat") == chatted(world.truth())
