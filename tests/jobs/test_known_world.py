"""All sources together: what is known of everybody equals the world's truth, by the rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fixtures.practice import affiliates, broadcasts, cbhours, client, options
from fixtures.practice import world as practice_world
from models import current_state, db
from tests.jobs import given_callers
from tests.jobs import given_runs as given

PEOPLE = 2_000
BY_AFFILIATES_FIRST = ("gender", "subject", "tags", "viewers")
BY_CBHOURS_FIRST = ("followers", "rank", "gender_rank")
BY_AFFILIATES_ONLY = ("display_name", "age", "birthday", "country", "location", "languages")

STRANGERS = """
    SELECT count(*) FROM affiliate_snapshots
    WHERE person_id NOT IN (SELECT person_id FROM follow_edges)"""


async def test_the_state_of_two_thousand_people_is_the_world_s_truth_by_the_rules(
    world: client.Practice,
    furnish: Callable[..., given.House],
    database: db.Database,
    tmp_path: Path,
) -> None:
    made = world.configure(followed=PEOPLE, strangers=300, keep_sessions=True)
    assert (await furnish(database).collect("chaturbate.followed")).status == "ok"
    callers = given_callers.callers(world, database, tmp_path)

    for collector in ("chaturbate.online_rooms", "cbhours.live"):
        assert (await callers.collect(collector)).status == "ok"
        assert (await callers.collect(collector)).status == "ok"

    expected = truth(practice_world.World(options.read(made["options"])))
    found = {name: known(database, name) for name in expected}
    assert len(found) == PEOPLE
    assert {name: one for name, one in found.items() if one != expected[name]} == {}
    assert callers.rows(STRANGERS) == [(0,)]


def truth(there: practice_world.World) -> dict[str, dict[str, Any]]:
    """Return who is followed -> what the two sources are to make known of them."""
    found = {}
    for room in [*there.online(), *there.offline()]:
        shown = affiliates.shown(room)
        first = affiliates.told(room, there.options.now) if shown else {}
        second = told_by_cbhours(room)
        facts = {name: said(name, first, second) for name in BY_AFFILIATES_FIRST}
        facts |= {name: said(name, second, first) for name in BY_CBHOURS_FIRST}
        facts |= {name: said(name, first, {}) for name in BY_AFFILIATES_ONLY}
        show = first.get("show") or second.get("show")
        status = "unknown" if show is None else "offline" if show == "offline" else "live"
        kept = {name: value for name, value in facts.items() if value is not None}
        found[room.username] = kept | {"status": status}
    return found


def told_by_cbhours(room: Any) -> Mapping[str, Any]:
    return cbhours.told(room) if broadcasts.has_trophy(room) else {}


def said(name: str, better: Mapping[str, Any], worse: Mapping[str, Any]) -> Any:
    found = better.get(name)
    return worse.get(name) if found is None else found


def known(database: db.Database, username: str) -> dict[str, Any]:
    with database.read() as connection:
        state = current_state.person(connection, "chaturbate", username)
    assert state is not None
    asked = {*BY_AFFILIATES_FIRST, *BY_CBHOURS_FIRST, *BY_AFFILIATES_ONLY}
    facts = {name: fact.value for name, fact in state.facts.items() if name in asked}
    return facts | {"status": state.status}
