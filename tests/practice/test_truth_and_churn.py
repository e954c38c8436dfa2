"""The world tells exactly what is and what was true, and is the same for the same seed."""

from __future__ import annotations

import re
from typing import Any

import pytest

from fixtures.practice import client, names, options, people, stage, world
from tests.practice.given_visitor import ROOM_LIST, Visitor

FOLLOWERS = "/accounts/followers/"


def fixed(**wanted: Any) -> options.Options:
    return options.read({"now": 1_795_000_000.0, **wanted})


def test_the_same_seed_gives_the_same_world() -> None:
    one, same, other = (world.truth(world.World(fixed(seed=seed))) for seed in (5, 5, 6))
    assert one == same
    assert one["followers"] != other["followers"]


def test_the_same_churn_gives_the_same_world(practice: client.Practice) -> None:
    told = []
    for _ in range(2):
        practice.configure(seed=3)
        practice.churn_random(9, joins=3, leaves=3, renames=2, flips=5, follows=1, unfollows=1)
        told.append(practice.truth())
    assert told[0] == told[1]


def test_names_are_unique_and_well_formed_by_the_hundred_thousand() -> None:
    taken = names.Names(4).take(100_000)
    assert len(set(taken)) == 100_000
    assert all(re.fullmatch(r"[a-z0-9_]+", name) for name in taken)


def test_of_a_million_followers_every_page_is_there(practice: client.Practice) -> None:
    practice.configure(followers=1_000_000)
    with Visitor(practice) as visitor:
        visitor.sign_in()
        assert len(visitor.followers(40_000)) == 25
        assert visitor.followers(40_001) == []


def test_churn_between_walks_changes_as_much_as_was_asked(practice: client.Practice) -> None:
    before = practice.truth()
    changes = practice.churn_random(
        1, joins=4, leaves=3, renames=2, flips=6, follows=2, unfollows=1
    )
    after = practice.truth()
    assert len(changes) == 18
    assert len({*after["followers"]} - {*before["followers"]}) == 4 + 2
    assert len({*before["followers"]} - {*after["followers"]}) == 3 + 2
    assert after["followed"]["total"] == before["followed"]["total"] + 2 - 1


def test_renamed_followers_keep_their_place(practice: client.Practice) -> None:
    before = practice.truth()["followers"]
    practice.churn([{"do": "rename", "who": before[7], "to": "brand_new_name"}])
    assert practice.truth()["followers"] == [*before[:7], "brand_new_name", *before[8:]]


def test_a_room_is_renamed_wherever_it_stands(practice: client.Practice) -> None:
    both = {*practice.truth()["followed"]["online"]} & {*practice.truth()["followers"]}
    name = min(both)
    practice.churn([{"do": "rename", "of": "followed", "who": name, "to": "brand_new_name"}])
    truth = practice.truth()
    assert "brand_new_name" in truth["followers"]
    assert "brand_new_name" in truth["followed"]["online"]


def test_steps_happen_right_after_the_request_they_wait_for(visitor: Visitor) -> None:
    practice = visitor.sign_in().practice
    first = practice.truth()["followers"]
    practice.churn(
        [
            {"after": 2, "path": FOLLOWERS, "do": "join", "who": "newcomer"},
            {"after": 1, "path": FOLLOWERS, "page": 3, "do": "leave", "who": 0},
        ]
    )
    assert [*visitor.followers(1), *visitor.followers(2)] == first[:50]
    third = visitor.followers(3)
    assert third == ["newcomer", *first][50:75]
    assert practice.truth()["followers"] == first


def test_the_truth_at_any_request_is_what_the_next_request_found(visitor: Visitor) -> None:
    practice = visitor.sign_in().practice
    practice.configure(followers=60, keep_sessions=True)
    steps = [
        {"after": 1, "do": "join"},
        {"after": 2, "do": "leave"},
        {"after": 3, "do": "rename"},
        {"after": 4, "do": "shuffle"},
        {"after": 5, "do": "offline"},
        {"after": 6, "do": "online"},
        {"after": 7, "do": "follow"},
        {"after": 8, "do": "unfollow"},
    ]
    practice.churn([{"path": ROOM_LIST, **step} for step in steps])
    for number in range(10):
        before = practice.truth(at=number)
        rooms = visitor.rooms(0, 100)
        assert [row["username"] for row in rooms["rooms"]] == before["followed"]["online"]
        assert before["requests"] == number
    assert len(practice.truth()["changes"]) == len(steps)
    assert {**practice.truth(at=10)} == practice.truth()


def test_going_online_during_a_walk_moves_a_room_from_one_half_to_the_other(
    visitor: Visitor,
) -> None:
    practice = visitor.sign_in().practice
    name = practice.truth()["followed"]["offline"][0]
    practice.churn(
        [{"after": 1, "path": ROOM_LIST, "where": {"offline": None}, "do": "online", "who": name}]
    )
    online, offline = visitor.rooms(0, 100), visitor.rooms(0, 100, offline="true")
    seen = [row["username"] for row in online["rooms"] + offline["rooms"]]
    assert name not in seen
    assert name in [row["username"] for row in visitor.rooms(0, 100)["rooms"]]


def test_something_can_be_said_and_tipped_later(practice: client.Practice) -> None:
    practice.churn(
        [
            {"do": "say", "text": "hello again"},
            {"do": "tip", "who": "alice", "tokens": 77, "text": "for tea"},
        ]
    )
    truth = practice.truth()
    assert (truth["messages"][-1]["text"], len(truth["messages"])) == ("hello again", 201)
    assert truth["statbate"][-1]["message"] == "hello again"
    last = truth["tips"][-1]
    assert (last["username"], last["tokens"], last["text"]) == ("alice", 77, "for tea")
    assert last["id"] > truth["tips"][-2]["id"]


def test_a_step_that_finds_nobody_is_told_and_breaks_nothing(visitor: Visitor) -> None:
    practice = visitor.sign_in().practice
    practice.configure(followers=0, keep_sessions=True)
    practice.churn([{"after": 1, "path": FOLLOWERS, "do": "leave"}])
    assert visitor.get(FOLLOWERS).status_code == 200
    assert practice.status()["undone"] == ["there is nobody to leave"]


def test_random_churn_meets_nobody_twice(practice: client.Practice) -> None:
    for seed in range(20):
        practice.configure(seed=seed, models_among_followers=60)
        practice.churn_random(seed, leaves=20, renames=20, flips=20, unfollows=10)


def test_only_known_rooms_go_online(practice: client.Practice) -> None:
    with pytest.raises(ValueError, match="no room of nobody_here"):
        practice.churn([{"do": "online", "who": "nobody_here"}])


def test_the_log_tells_who_asked_what_and_keeps_no_secret(visitor: Visitor) -> None:
    visitor.sign_in()
    visitor.rooms(90, 90)
    (entry,) = visitor.practice.requests(ROOM_LIST)
    assert (entry["page"], entry["status"], entry["signed_in"]) == (1, 200, True)
    assert entry["headers"]["x-requested-with"] == "XMLHttpRequest"
    assert entry["query"]["offset"] == "90"
    log = str(visitor.practice.requests())
    assert client.PASSWORD not in log
    assert visitor.web.cookies["sessionid"] not in log
    assert visitor.web.cookies["csrftoken"] not in log


def test_sessions_expire_on_request_and_survive_a_new_world_only_if_kept(visitor: Visitor) -> None:
    practice = visitor.sign_in().practice
    practice.configure(keep_sessions=True)
    assert visitor.get(FOLLOWERS).status_code == 200
    assert practice.expire_sessions() == 1
    assert visitor.get(FOLLOWERS).status_code == 302
    visitor.sign_in()
    practice.configure()
    assert visitor.get(FOLLOWERS).status_code == 302


def test_credentials_are_options(practice: client.Practice) -> None:
    practice.configure(username="somebody_else", password="another-password")
    with Visitor(practice) as visitor:
        assert visitor.send_form().status_code == 200
    assert practice.sign_ins() == 0


def test_a_roll_keeps_order_through_joins_leaves_and_renames() -> None:
    roll = people.Roll(["carol", "bob", "alice"])
    roll.add("dave")
    roll.add("bob")
    roll.discard("carol")
    roll.discard("nobody")
    roll.rename("bob", "bobby")
    roll.rename("nobody", "somebody")
    assert (roll.listed(), len(roll), "bob" in roll) == (["dave", "bobby", "alice"], 3, False)


def test_a_stage_without_web_sites_tells_the_same_truth() -> None:
    here = stage.Stage(fixed(followers=10))
    here.happen({"do": "join", "who": "alice"})
    assert here.truth()["followers"][0] == "alice"
    with pytest.raises(ValueError, match="nobody"):
        here.happen({"do": "leave", "who": 50})
