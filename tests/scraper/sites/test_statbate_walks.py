"""Errands to Statbate's practice site state what is true in its world, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from fixtures.practice import client
from models import records
from models.records import statbate, statbate_members
from scraper import errors, payload
from tests.scraper.sites import given_statbate as given

RATE = 0.05


@pytest.fixture(scope="module")
def sites() -> Iterator[client.Practice]:
    with client.Practice() as running:
        yield running


@pytest.fixture
def practice(sites: client.Practice) -> client.Practice:
    sites.configure()
    return sites


def second(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(microsecond=0)


def true_tips(practice: client.Practice) -> Counter[Any]:
    return Counter(
        (second(tip["at"]), None if tip["anonymous"] else tip["username"], tip["tokens"])
        for tip in practice.truth()["tips"]
    )


def true_chat(practice: client.Practice) -> Counter[Any]:
    return Counter(
        (second(row["at"]), row["username"], row["text"]) for row in practice.truth()["messages"]
    )


def tips(said: list[records.Record]) -> Counter[Any]:
    acts = given.only(records.Interaction, said)
    return Counter((act.at, act.username, act.tokens) for act in acts if act.kind == "tip")


def chat(said: list[records.Record]) -> Counter[Any]:
    acts = given.only(records.Interaction, said)
    return Counter((act.at, act.username, act.text) for act in acts if act.kind == "chat")


def keys(said: list[records.Record]) -> set[tuple[str, str, str]]:
    return {(act.source, act.room, act.key) for act in given.only(records.Interaction, said)}


def a_member(practice: client.Practice) -> str:
    """Return somebody who tipped under their name, and wrote."""
    truth = practice.truth()
    wrote = {row["username"] for row in truth["messages"]}
    named = [tip["username"] for tip in truth["tips"] if not tip["anonymous"]]
    return str(next(name for name in named if name in wrote))


@pytest.mark.parametrize("size", [7, 50, 149, 150, 200])
def test_every_tip_in_a_room_is_stated_once_however_the_pages_are_cut(
    practice: client.Practice, size: int
) -> None:
    said = given.stated(practice, "tips", {"page": size}, target=client.USERNAME)

    assert tips(said) == true_tips(practice)
    assert len(keys(said)) == len(given.only(records.Interaction, said)) == 150
    assert given.only(records.Cursor, said) == said[-1:]


@pytest.mark.parametrize("size", [7, 50, 199, 200])
def test_every_message_in_a_room_is_stated_once_though_nothing_tells_how_many_there_are(
    practice: client.Practice, size: int
) -> None:
    said = given.stated(practice, "chat", {"chat_page": size}, target=client.USERNAME)

    assert chat(said) == true_chat(practice)
    assert len(keys(said)) == len(given.only(records.Interaction, said)) == 200
    assert given.only(records.Cursor, said) == said[-1:]


@pytest.mark.parametrize("size", [7, 50, 200])
def test_a_search_finds_the_very_acts_that_their_room_tells_of(
    practice: client.Practice, size: int
) -> None:
    found = given.stated(practice, "search", {"page": size}, target=f"room={client.USERNAME}")
    room = given.stated(practice, "chat", target=client.USERNAME)

    assert keys(found) == keys(room)
    assert given.only(records.Cursor, found) == []


def test_a_search_for_words_of_a_sender_finds_these_and_no_others(
    practice: client.Practice,
) -> None:
    row = practice.truth()["messages"][0]
    word = row["text"][:5]
    found = given.stated(practice, "search", target=f"sender={row['username']} text={word}")
    true = {
        said: count
        for said, count in true_chat(practice).items()
        if said[1] == row["username"] and word.lower() in said[2].lower()
    }

    assert chat(found) == true


def test_a_member_s_own_acts_are_those_that_the_room_tells_of(practice: client.Practice) -> None:
    who = a_member(practice)
    own = given.stated(practice, "member", {"page": 3}, target=who)
    room = [
        *given.stated(practice, "tips", target=client.USERNAME),
        *given.stated(practice, "chat", target=client.USERNAME),
    ]
    theirs = [act for act in given.only(records.Interaction, room) if act.username == who]

    assert keys(own) == {(act.source, act.room, act.key) for act in theirs}


def test_all_about_a_member_adds_up_to_the_truth(practice: client.Practice) -> None:
    who = a_member(practice)
    said = given.stated(practice, "member", target=who)
    true = [
        tip for tip in practice.truth()["tips"] if tip["username"] == who and not tip["anonymous"]
    ]
    tokens = sum(tip["tokens"] for tip in true)
    (sums,) = given.only(statbate_members.MemberSnapshot, said)
    (top,) = given.only(statbate_members.TopModel, said)
    (spent,) = given.only(statbate_members.Spending, said)
    times = given.only(statbate_members.MemberTime, said)

    assert (sums.username, sums.all_time_tokens, sums.last_tip_tokens) == (
        who,
        tokens,
        true[-1]["tokens"],
    )
    assert sums.first_tip_at == second(true[0]["at"])
    assert sums.models_tipped_names == (client.USERNAME,)
    assert (top.model, top.tokens, top.usd) == (client.USERNAME, tokens, round(tokens * RATE, 2))
    assert (spent.model, spent.tokens, spent.tips) == (client.USERNAME, tokens, len(true))
    for days in (
        [(row.day, row.tokens) for row in given.only(statbate_members.MemberDay, said)],
        [(row.day, row.tokens) for row in given.only(statbate_members.SpendingDay, said)],
    ):
        assert sum(paid or 0 for _, paid in days) == tokens
        assert {day for day, _ in days} == {second(tip["at"]).date() for tip in true}
    for unit, slots in (("hour", range(24)), ("weekday", range(1, 8))):
        of_unit = [row for row in times if row.unit == unit]
        assert [row.slot for row in of_unit] == [*slots]
        assert sum(row.tokens or 0 for row in of_unit) == tokens
    windows = {(row.since, row.until) for row in (top, spent)}
    ((since, until),) = windows | {(row.since, row.until) for row in times}
    assert since.isoformat().endswith("T00:00:00+00:00")
    assert until.isoformat().endswith("T23:59:59+00:00")


def test_all_about_a_room_adds_up_to_the_truth(practice: client.Practice) -> None:
    said = given.stated(practice, "room", target=client.USERNAME)
    true = practice.truth()["tips"]
    tokens = sum(tip["tokens"] for tip in true)
    named = Counter[str]()
    for tip in true:
        named[tip["username"]] += 0 if tip["anonymous"] else tip["tokens"]
    (room,) = given.only(statbate.ModelSnapshot, said)
    (audience,) = given.only(statbate.Audience, said)
    (standing,) = given.only(statbate.Standing, said)
    days = given.only(statbate.RoomDay, said)
    members = given.only(statbate_members.RoomMember, said)

    assert room.tokens == audience.tokens == standing.tokens == tokens
    assert room.usd == round(tokens * RATE, 2)
    assert {row.username: row.tokens for row in members} == {k: v for k, v in named.items() if v}
    assert {row.role for row in members} == {"viewer"}
    assert sum(day.tokens or 0 for day in days) == tokens
    assert (standing.first_rank, standing.last_rank) == (days[0].rank, days[-1].rank)
    assert sum(row.tips or 0 for row in given.only(statbate.Session, said)) == len(true)
    assert len(given.only(statbate.Broadcast, said)) == room.sessions
    assert audience.members == sum(
        row.members or 0 for row in given.only(statbate.AudienceBracket, said)
    )


def test_polled_models_are_all_accounted_for(practice: client.Practice) -> None:
    known = practice.truth()["followed"]["offline"][:3]
    said = given.stated(practice, "models", people=(*known, "nobody_here"))

    assert [row.username for row in given.only(statbate.ModelSnapshot, said)] == known
    outcomes = {row.username: (row.outcome, row.rest) for row in given.only(records.Polled, said)}
    assert outcomes == dict.fromkeys(known, ("ok", 0.0)) | {
        "nobody_here": ("not_found", 7 * 86_400.0)
    }


def test_polled_members_are_all_accounted_for_a_hundred_a_request(
    practice: client.Practice,
) -> None:
    practice.configure(followers=230, models_among_followers=0)
    truth = practice.truth()
    followers, models = truth["followers"], truth["followed"]["online"][:5]
    people = (*followers, *models, *(f"nobody_{n}" for n in range(5)))
    steps = list(given.walk(practice, "members", people=people))
    said = [record for _, batch in steps for record in batch.records]
    sums = given.only(statbate_members.MemberSnapshot, said)

    assert len(steps) == 3
    assert {row.username for row in sums} == set(followers)
    outcomes = Counter(row.outcome for row in given.only(records.Polled, said))
    assert outcomes == {"ok": 230, "absent": 5, "not_found": 5}
    assert {row.username for row in given.only(records.Polled, said)} == set(people)


def test_rankings_are_read_to_their_end_and_no_further_than_wanted(
    practice: client.Practice,
) -> None:
    said = given.stated(practice, "rankings", {"page": 50})
    ranked = given.only(statbate.ModelRanking, said)
    few = given.stated(practice, "rankings", {"page": 50, "ranking_pages": 2})

    assert [row.position for row in ranked] == list(range(1, 182))
    assert [row.total_tokens for row in ranked] == sorted(
        (row.total_tokens or 0 for row in ranked), reverse=True
    )
    assert "anon_tips" not in {
        row.username for row in given.only(statbate_members.MemberRanking, said)
    }
    assert {row.tag for row in given.only(statbate.Tag, said)} == {
        row.tag for row in given.only(statbate.TagName, said)
    }
    assert given.only(records.StableId, said) == []
    assert len(given.only(statbate.ModelRanking, few)) == 100


def test_a_platform_that_the_site_does_not_know_is_refused_in_its_words(
    practice: client.Practice,
) -> None:
    with pytest.raises(errors.PageChanged) as refused:
        given.stated(practice, "rankings", target="elsewhere")

    assert "The selected site is invalid." in refused.value.message


def test_those_online_and_those_in_a_room_are_members(practice: client.Practice) -> None:
    truth = practice.truth()
    known = {*truth["followers"], *(row["username"] for row in truth["messages"])}
    online = given.stated(practice, "online")
    here = given.stated(practice, "viewers", target=client.USERNAME)

    assert {row.username for row in given.only(statbate_members.OnlineSnapshot, online)} <= known
    assert all(row.online for row in given.only(statbate_members.OnlineSnapshot, online))
    present = given.only(statbate_members.PresenceSnapshot, here)
    assert {row.room for row in present} == {client.USERNAME}
    assert {row.username for row in present} <= known


@pytest.mark.parametrize("collector", ["tips", "chat", "room", "member", "viewers", "search"])
def test_people_of_another_platform_are_stated_as_that_platform_s(
    practice: client.Practice, collector: str
) -> None:
    target = {"member": a_member(practice), "search": f"room={client.USERNAME}"}
    said = given.stated(
        practice, collector, target=f"stripchat/{target.get(collector, client.USERNAME)}"
    )
    placed = [row for row in said if not isinstance(row, records.Cursor)]

    assert placed
    assert {getattr(row, "platform", None) for row in placed} == {"stripchat"}
    acts = given.only(records.Interaction, said)
    assert {act.room for act in acts} <= {f"stripchat/{client.USERNAME}"}


def test_a_history_goes_on_from_its_cursor_with_an_overlap(practice: client.Practice) -> None:
    true = practice.truth()["tips"]
    known = second(true[100]["at"])
    said = given.stated(practice, "tips", target=client.USERNAME, cursor=known.isoformat())
    since = known - timedelta(hours=1)

    assert {act.at for act in given.only(records.Interaction, said)} == {
        second(tip["at"]) for tip in true if second(tip["at"]) >= since
    }


def test_an_errand_s_own_window_bounds_its_acts_to_the_second(practice: client.Practice) -> None:
    true = sorted(second(row["at"]) for row in practice.truth()["messages"])
    since, until = true[20], true[40]
    said = given.stated(practice, "chat", target=client.USERNAME, since=since, until=until)

    assert sorted(act.at for act in given.only(records.Interaction, said)) == true[20:41]


def test_a_room_that_is_not_known_is_refused(practice: client.Practice) -> None:
    with pytest.raises(errors.Refused) as refused:
        given.stated(practice, "tips", target="no_such_room")

    assert refused.value.code == "not_found"
    assert "Model not found" in refused.value.message


def test_the_check_of_the_token_says_whether_it_is_good(practice: client.Practice) -> None:
    where = given.layout(practice)
    request = given.SITE.whoami(where)
    with given.open_web() as web:
        good, bad = (given.fetch(web, request, token) for token in (client.API_TOKEN, "guess"))

    (check,) = given.SITE.parsers[request.kind](good, where).records
    assert check == records.Check(source="subscription.is_active", moment="whoami", value="true")
    with pytest.raises(errors.NeedsOperator) as refused:
        given.SITE.guard(bad, where)
    assert refused.value.code == "token_refused"


FAULTS: dict[str, tuple[type[errors.GreenroomError], str]] = {
    "throttle": (errors.TryLater, "throttled"),
    "server_error": (errors.TryLater, "server_error"),
    "html_instead": (errors.PageChanged, "not_json"),
    "challenge": (errors.NeedsOperator, "challenge"),
    "truncate": (errors.TryLater, "body_truncated"),
    "empty": (errors.TryLater, "empty_answer"),
    "short": (errors.TryLater, "wrong_page"),
    "repeat": (errors.TryLater, "wrong_page"),
    "beyond": (errors.TryLater, "wrong_page"),
    "rename_classes": (errors.PageChanged, "page_changed"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_on_the_second_page_of_tips_is_named_for_its_remedy(
    practice: client.Practice, fault: str
) -> None:
    more: dict[str, Any] = {"mode": "silent"} if fault == "truncate" else {}
    practice.fault(fault, path="/api/model/*/tips", page=2, **more)
    steps = given.walk(practice, "tips", {"page": 50}, target=client.USERNAME)
    kind, code = FAULTS[fault]

    next(steps)
    with pytest.raises(kind) as refused:
        next(steps)
    assert refused.value.code == code


def test_a_total_that_changes_lets_the_tips_be_read_from_the_start_again(
    practice: client.Practice,
) -> None:
    practice.fault("drift", path="/api/model/*/tips", page=2)
    said = given.stated(practice, "tips", {"page": 50}, target=client.USERNAME)

    assert {*keys(said)} == {*keys(given.stated(practice, "tips", target=client.USERNAME))}
    assert len(given.only(records.Cursor, said)) == 1


def test_what_is_asked_carries_the_token_nowhere_but_in_its_place(
    practice: client.Practice,
) -> None:
    asked: list[payload.Request] = []
    targets = {"member": a_member(practice), "rankings": None, "online": None}
    for collector in given.SITE.collectors:
        about = targets.get(collector, client.USERNAME)
        steps = given.walk(practice, collector, target=about, people=(client.USERNAME,))
        asked += [came.request for came, _ in steps]

    assert {request.kind for request in asked} >= set(given.SITE.parsers) - {
        *("token_check", "live", "webhook")
    }
    assert {request.via for request in asked} == {"http"}
    assert {str(request.secrets) for request in asked} == {
        "{'header:Authorization': 'Bearer {api}'}"
    }
    assert not [request for request in asked if client.API_TOKEN in str(request)]
    assert {request.kind: request.budget for request in asked if request.budget} == {
        "message_search": "search",
        "member_batch": "batch",
    }
