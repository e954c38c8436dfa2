"""The JSON and CSV of Chaturbate's practice site."""

from __future__ import annotations

import csv
import datetime as dt
import json
import zoneinfo
from itertools import pairwise
from typing import Any

import pytest

from fixtures.practice import client
from tests.practice import given_visitor
from tests.practice.given_visitor import ROOM_LIST

PACIFIC = zoneinfo.ZoneInfo("America/Los_Angeles")
OWN = f"/api/biocontext/{client.USERNAME}/"
TOKENS = "/api/ts/tipping/token-stats/"
TOPICS = ("RoomMessageTopic", "RoomTipAlertTopic", "RoomPurchaseTopic", "RoomFanClubJoinedTopic")


def walked(visitor: given_visitor.Visitor, limit: int = 30, **query: str) -> list[dict[str, Any]]:
    rows, offset, total = list[dict[str, Any]](), 0, 1
    while offset < total:
        answer = visitor.rooms(offset, limit, **query)
        rows, total, offset = rows + answer["rooms"], answer["total_count"], offset + limit
    return rows


@pytest.mark.parametrize(("part", "query"), [("online", {}), ("offline", {"offline": "true"})])
def test_the_room_list_walks_to_exactly_the_followed_rooms(
    visitor: given_visitor.Visitor, part: str, query: dict[str, str]
) -> None:
    rows = walked(visitor.sign_in(), 30, **query)
    assert [row["username"] for row in rows] == visitor.practice.truth()["followed"][part]
    assert all(row["is_following"] is True for row in rows)
    assert {row["current_show"] == "offline" for row in rows} == {part == "offline"}


def test_a_room_row_has_every_field_seen_in_captures_in_all_their_variety(
    visitor: given_visitor.Visitor,
) -> None:
    visitor.practice.configure(followed=400)
    rows = walked(visitor.sign_in(), limit=90)
    assert {type(row["num_followers"]) for row in rows} == {int, str}
    assert {"subject" in row for row in rows} == {True, False}
    assert any("&lt;3" in row.get("subject", "") for row in rows)
    assert any('<a href="/tag/' in row.get("subject", "") for row in rows)
    assert {None, 99} < {row["display_age"] for row in rows}
    assert {row["gender"] for row in rows} == set("fmcs")
    assert "promoted" in {row["label"] for row in rows}
    assert {row["img"][:2] for row in rows} == {"//", ""}
    offline = walked(visitor, limit=90, offline="true")
    assert {(row["num_users"], row["start_timestamp"]) for row in offline} == {(0, None)}
    assert all("img" not in row for row in offline)


def test_without_the_xhr_header_even_the_signed_in_are_sent_home(
    visitor: given_visitor.Visitor,
) -> None:
    answer = visitor.sign_in().get(f"{ROOM_LIST}?follow=true")
    assert (answer.status_code, answer.headers["location"]) == (302, "/")


def test_the_anonymous_get_the_whole_site_whatever_they_ask(visitor: given_visitor.Visitor) -> None:
    answer, truth = visitor.rooms(0, 100, offline="true"), visitor.practice.truth()["followed"]
    assert answer["total_count"] == answer["all_rooms_count"] > truth["online_total"]
    assert not any(row["is_following"] for row in answer["rooms"])


def test_the_anonymous_may_need_a_fingerprint(visitor: given_visitor.Visitor) -> None:
    visitor.practice.configure(fingerprint=True)
    answer = visitor.xhr(ROOM_LIST, follow="true", require_fingerprint="true")
    assert (answer.status_code, answer.json()) == (400, {"code": "missing_fingerprint"})


def test_withheld_rooms_shorten_pages_but_stay_in_every_total(
    visitor: given_visitor.Visitor,
) -> None:
    visitor.practice.configure(followed=100, withheld=9, online_percent=100)
    visitor.sign_in()
    pages = [visitor.rooms(offset, 30) for offset in range(0, 120, 30)]
    assert {page["total_count"] for page in pages} == {109}
    assert min(len(page["rooms"]) for page in pages[:3]) < 30
    assert sum(len(page["rooms"]) for page in pages) == 100
    assert visitor.xhr("/follow/api/online_followed_rooms/").json()["total"] == 109


def test_filters_narrow_the_list(visitor: given_visitor.Visitor) -> None:
    visitor.practice.configure(followed=200)
    visitor.sign_in()
    assert {row["gender"] for row in visitor.rooms(0, 100, genders="t,m")["rooms"]} == {"s", "m"}
    assert all("tea" in row["tags"] for row in visitor.rooms(0, 100, tag="tea")["rooms"])
    assert {row["country"] for row in visitor.rooms(0, 100, regions="NA")["rooms"]} == {"CA"}


def test_a_limit_above_the_sites_own_is_cut(visitor: given_visitor.Visitor) -> None:
    visitor.practice.configure(followed=300, online_percent=100)
    assert len(visitor.sign_in().rooms(0, 1000)["rooms"]) == 100


def test_live_order_repeats_and_misses_rooms_across_pages(visitor: given_visitor.Visitor) -> None:
    visitor.practice.configure(followed=100, online_percent=100, order="live")
    seen = [row["username"] for row in walked(visitor.sign_in(), limit=20)]
    assert len(seen) == 100
    assert len(set(seen)) < 100


@pytest.mark.parametrize("variant", ["cards", "list"])
def test_html_variants_have_no_room_list(visitor: given_visitor.Visitor, variant: str) -> None:
    visitor.practice.configure(variant=variant)
    assert visitor.sign_in().xhr(ROOM_LIST, follow="true").status_code == 404


def test_totals_agree_with_the_truth(visitor: given_visitor.Visitor) -> None:
    answer = visitor.sign_in().xhr("/follow/api/online_followed_rooms/").json()
    truth = visitor.practice.truth()["followed"]
    assert (answer["online"], answer["total"]) == (truth["online_total"], truth["total"])
    assert [row["room"] for row in answer["online_rooms"]] == truth["online"]


def test_the_follower_count_needs_the_profile_as_referer(visitor: given_visitor.Visitor) -> None:
    visitor.practice.configure(followers=41, vanished=2)
    visitor.sign_in()
    right = {**given_visitor.XHR, "Referer": f"{visitor.practice.chaturbate}/p/{client.USERNAME}/"}
    assert visitor.web.get(OWN, headers=right).json()["follower_count"] == 43
    assert visitor.xhr(OWN).status_code == 404
    assert visitor.get(OWN, Referer=right["Referer"]).json()["ts_context"] is None


def test_a_room_context_carries_secrets_that_tests_can_look_for(
    visitor: given_visitor.Visitor,
) -> None:
    answer = visitor.sign_in().xhr(f"/api/chatvideocontext/{client.USERNAME}/")
    assert all(canary in answer.text for canary in visitor.practice.truth()["canaries"])
    told = answer.json()
    assert (told["broadcaster_username"], told["broadcaster_uid"]) == (client.USERNAME, "OP3R4TR")
    assert visitor.xhr("/api/chatvideocontext/nobody_here/").json()["status"] == 404


def history(visitor: given_visitor.Visitor, uid: str = "OP3R4TR") -> list[dict[str, Any]]:
    topics = {f"{topic}#{topic}:{uid}": {"broadcaster_uid": uid} for topic in TOPICS}
    answer = visitor.post("/push_service/room_history/", {"topics": json.dumps(topics)})
    told: list[dict[str, Any]] = answer.json()
    return told


def opened(item: dict[str, Any]) -> dict[str, Any]:
    if "_topic" in item:
        return item
    ((key, inside),) = item.items()
    return {**inside, "_topic": key.partition("#")[0]}


@pytest.mark.parametrize(
    ("form", "carrying"), [("mixed", {True, False}), ("topic", {True}), ("keyed", {False})]
)
def test_room_history_holds_all_that_was_said_and_tipped(
    visitor: given_visitor.Visitor, form: str, carrying: set[bool]
) -> None:
    visitor.practice.configure(history_form=form)
    raw, truth = history(visitor.sign_in()), visitor.practice.truth()
    items = [opened(item) for item in raw]
    assert {"_topic" in item for item in raw} == carrying
    said = [item for item in items if item["_topic"] == "RoomMessageTopic"]
    assert [item["tid"] for item in said] == [row["tid"] for row in truth["messages"]]
    tipped = [item["amount"] for item in items if item["_topic"] == "RoomTipAlertTopic"]
    assert sorted(tipped) == sorted(row["tokens"] for row in truth["tips"])
    assert any(item.get("is_anonymous_tip") for item in items)


def test_equal_lines_of_one_second_differ_in_their_ids_alone(
    visitor: given_visitor.Visitor,
) -> None:
    rows = visitor.practice.truth()["messages"]
    pairs = [
        (one, two)
        for one, two in pairwise(rows)
        if (one["at"][:19], one["username"], one["text"])
        == (two["at"][:19], two["username"], two["text"])
    ]
    assert len(pairs) >= 3
    assert all(one["tid"] != two["tid"] and one["id"] != two["id"] for one, two in pairs)


def test_history_of_a_foreign_room_or_without_a_token_is_refused(
    visitor: given_visitor.Visitor,
) -> None:
    visitor.sign_in()
    topics = json.dumps({"RoomMessageTopic#RoomMessageTopic:X": {"broadcaster_uid": "X"}})
    assert visitor.post("/push_service/room_history/", {"topics": topics}).status_code == 403
    bare = visitor.web.post("/push_service/room_history/", data={"topics": topics})
    assert "CSRF" in bare.text


def test_history_takes_a_multipart_form_too(visitor: given_visitor.Visitor) -> None:
    visitor.sign_in()
    topics = json.dumps(
        {"RoomMessageTopic#RoomMessageTopic:OP3R4TR": {"broadcaster_uid": "OP3R4TR"}}
    )
    fields = {
        "topics": (None, topics),
        "csrfmiddlewaretoken": (None, visitor.web.cookies["csrftoken"]),
    }
    headers = {"Referer": f"{visitor.practice.chaturbate}/"}
    answer = visitor.web.post("/push_service/room_history/", files=fields, headers=headers)
    assert len(answer.json()) == len(visitor.practice.truth()["messages"])


def token_pages(visitor: given_visitor.Visitor) -> list[dict[str, Any]]:
    pages, bound = list[dict[str, Any]](), ""
    while not pages or not pages[-1]["txns_fully_loaded"]:
        told = visitor.xhr(TOKENS, room=client.USERNAME, max_transaction_id=bound).json()
        pages.append(told)
        bound = str(list(rows_of(told))[-1]["id"])
    return pages


def rows_of(told: dict[str, Any]) -> list[dict[str, Any]]:
    rows = told["transactions"]
    return list(rows.values()) if isinstance(rows, dict) else rows


@pytest.mark.parametrize("shape", ["list", "object"])
def test_token_history_repeats_the_row_at_each_boundary(
    visitor: given_visitor.Visitor, shape: str
) -> None:
    visitor.practice.configure(transactions=shape, tokens_page=40)
    pages = [rows_of(told) for told in token_pages(visitor.sign_in())]
    assert all(one[-1] == two[0] for one, two in pairwise(pages))
    told = {row["id"]: row for page in pages for row in page}
    truth = visitor.practice.truth()["transactions"]
    assert list(told) == [row["id"] for row in reversed(truth)]
    assert {type(row["tokens"]) for row in told.values()} == {int, str}
    for row in truth:
        seen = told[row["id"]]
        at = dt.datetime.fromisoformat(seen["date"]).replace(tzinfo=PACIFIC)
        assert at == dt.datetime.fromisoformat(row["at"])
        assert int(seen["tokens"]) == row["tokens"]
        assert (seen["description"], seen["username"]) == (row["description"], row["username"])


def test_two_equal_tips_of_one_second_differ_in_their_ids_alone(
    visitor: given_visitor.Visitor,
) -> None:
    rows = [tuple(row.values()) for row in visitor.practice.truth()["tips"]]
    twins = [one for one, two in pairwise(rows) if one[1:] == two[1:]]
    assert len(twins) >= 3


def test_the_flag_for_the_end_of_token_history_has_two_readings(
    visitor: given_visitor.Visitor,
) -> None:
    visitor.practice.configure(loaded="zero", tips=5)
    told = visitor.sign_in().xhr(TOKENS, room=client.USERNAME).json()
    assert told["txns_fully_loaded"] == 0


def test_the_csv_quotes_texts_and_leaves_numbers_bare(visitor: given_visitor.Visitor) -> None:
    text = visitor.sign_in().get("/tipping/csv/history/").text
    rows = list(csv.DictReader(text.splitlines()))
    truth = visitor.practice.truth()["transactions"][::-1]
    assert list(rows[0]) == [
        "Timestamp", "Transaction type", "Token change", "Token balance", "User", "Note",
    ]  # fmt: skip
    assert [int(row["Token change"]) for row in rows] == [row["tokens"] for row in truth]
    assert [row["Note"] for row in rows] == [row["text"] for row in truth]
    first = dt.datetime.fromisoformat(rows[0]["Timestamp"]).replace(tzinfo=PACIFIC)
    assert first == dt.datetime.fromisoformat(truth[0]["at"])
    assert '"keep ""going"""' in text
