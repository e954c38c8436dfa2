"""The Statbate Plus practice site: Laravel's cookies, forms and paginators, Inertia's pages."""

from __future__ import annotations

import base64
import json
import urllib.parse
from typing import Any

import httpx
import pytest

from fixtures.practice import client
from tests.practice import given_visitor
from tests.practice.given_visitor import StatsReader, chat_path, inertia


def token_of(reader: StatsReader) -> str:
    return reader.web.cookies["XSRF-TOKEN"]


def test_the_cookies_look_encrypted_are_url_encoded_and_roll(reader: StatsReader) -> None:
    reader.get("/login")
    first = token_of(reader)
    reader.get("/login")
    assert token_of(reader) != first
    assert first.startswith("eyJpdiI6")
    assert first.endswith("%3D")
    assert reader.web.cookies["statbate_plus_session"].startswith("eyJpdiI6")
    assert json.loads(base64.b64decode(urllib.parse.unquote(first))).keys() == {
        "iv",
        "value",
        "mac",
        "tag",
    }


def test_signing_in_leads_to_the_dashboard_as_the_right_user(reader: StatsReader) -> None:
    answer = reader.send_form()
    assert (answer.status_code, answer.headers["location"]) == (
        302,
        f"{reader.practice.statbate_plus}/dashboard",
    )
    user = inertia(reader.get("/dashboard"))["props"]["auth"]["user"]
    assert user["email"] == user["name"] == client.USERNAME
    assert reader.practice.sign_ins("statbate_plus") == 1


def test_a_wrong_password_leads_back_to_a_form_that_says_so_once(reader: StatsReader) -> None:
    answer = reader.send_form("guess")
    assert answer.headers["location"].endswith("/login")
    assert "do not match our records" in reader.get("/login").text
    assert "do not match our records" not in reader.get("/login").text


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_wrong_token_expires_the_page(reader: StatsReader, accept: str) -> None:
    reader.get("/login")
    answer = reader.web.post("/login", data={"_token": "wrong"}, headers={"Accept": accept})
    assert answer.status_code == 419
    said = "CSRF token mismatch." if accept == "application/json" else "Page Expired"
    assert said in answer.text


@pytest.mark.parametrize(("decoded", "status"), [(True, 302), (False, 419)])
def test_the_token_header_must_be_url_decoded(
    reader: StatsReader, decoded: bool, status: int
) -> None:
    reader.get("/login")
    token = urllib.parse.unquote(token_of(reader)) if decoded else token_of(reader)
    fields = {"email": client.USERNAME, "password": client.PASSWORD}
    answer = reader.web.post("/login", data=fields, headers={"X-XSRF-TOKEN": token})
    assert answer.status_code == status


def test_the_signed_out_go_to_the_form_or_hear_it_in_json(reader: StatsReader) -> None:
    answer = reader.get(chat_path())
    assert answer.headers["location"] == f"{reader.practice.statbate_plus}/login"
    told = reader.get(chat_path(), Accept="application/json")
    assert (told.status_code, told.json()) == (401, {"message": "Unauthenticated."})


@pytest.mark.parametrize("place", ["div", "script"])
def test_the_first_visit_is_html_and_the_next_is_json(reader: StatsReader, place: str) -> None:
    reader.practice.configure(page_object=place)
    reader.sign_in()
    first = reader.get(chat_path())
    assert first.headers["content-type"].startswith("text/html")
    page = inertia(first)
    again = reader.chat_xhr(page["version"])
    assert again.headers["x-inertia"] == "true"
    assert again.headers["vary"] == "X-Inertia"
    assert again.json() == page
    assert page["component"] == "Model/Chat"
    assert page["props"]["errors"] == {}
    assert page["url"] == chat_path()


def test_another_asset_version_is_a_409_without_a_body(reader: StatsReader) -> None:
    reader.sign_in()
    version = reader.chat()["version"]
    reader.practice.bump_version()
    answer = reader.chat_xhr(version, 2)
    assert (answer.status_code, answer.content) == (409, b"")
    assert answer.headers["x-inertia-location"] == f"{reader.practice.statbate_plus}{chat_path(2)}"
    assert reader.chat()["version"] != version


def walked(reader: StatsReader) -> list[dict[str, str]]:
    rows, url = list[dict[str, str]](), chat_path()
    while url:
        messages: dict[str, Any] = inertia(reader.get(url))["props"]["messages"]
        rows += messages["data"]
        links = messages.get("links")
        after = links["next"] if isinstance(links, dict) else messages["next_page_url"]
        url = after or ""
    return rows


@pytest.mark.parametrize("style", ["paginate", "simple", "cursor", "resource"])
@pytest.mark.parametrize("newest_first", [True, False])
def test_every_paginator_walks_through_the_whole_chat(
    reader: StatsReader, style: str, newest_first: bool
) -> None:
    reader.practice.configure(pages_by=style, newest_first=newest_first, messages=230)
    rows = walked(reader.sign_in())
    truth = reader.practice.truth()["statbate"]
    assert len(truth) == 230
    assert rows == (truth[::-1] if newest_first else truth)


PAGINATE = {
    "current_page", "data", "first_page_url", "from", "last_page", "last_page_url", "links",
    "next_page_url", "path", "per_page", "prev_page_url", "to", "total",
}  # fmt: skip
NOT_SIMPLE = {"total", "last_page", "last_page_url", "links"}
CURSOR = {
    "data", "path", "per_page", "next_cursor", "next_page_url", "prev_cursor", "prev_page_url",
}  # fmt: skip


@pytest.mark.parametrize(
    ("style", "keys"),
    [
        ("paginate", PAGINATE),
        ("simple", PAGINATE - NOT_SIMPLE),
        ("cursor", CURSOR),
        ("resource", {"data", "links", "meta"}),
    ],
)
def test_paginators_have_laravels_keys(reader: StatsReader, style: str, keys: set[str]) -> None:
    reader.practice.configure(pages_by=style)
    assert reader.sign_in().chat()["props"]["messages"].keys() == keys


def test_a_page_past_the_end_is_empty_with_null_bounds(reader: StatsReader) -> None:
    messages = reader.sign_in().chat(99)["props"]["messages"]
    assert (messages["data"], messages["from"], messages["to"]) == ([], None, None)
    assert (messages["total"], messages["last_page"]) == (200, 4)


@pytest.mark.parametrize("newest_first", [True, False])
def test_equal_lines_of_one_second_straddle_the_first_page_boundary(
    reader: StatsReader, newest_first: bool
) -> None:
    reader.practice.configure(newest_first=newest_first)
    reader.sign_in()
    first, second = (reader.chat(page)["props"]["messages"]["data"] for page in (1, 2))
    assert first[-1] == second[0]


def test_the_range_bounds_the_chat_and_the_zone_shifts_its_clock(reader: StatsReader) -> None:
    truth = reader.practice.truth()["statbate"]
    bounds = {"range[0]": truth[20]["time"], "range[1]": truth[40]["time"]}
    reader.sign_in()
    told = reader.chat(**bounds)["props"]
    assert told["messages"]["data"] == truth[20:41][::-1]
    assert told["filters"]["range"] == list(bounds.values())
    shifted = reader.chat(**bounds, timezone="Asia/Tokyo")["props"]["messages"]["data"]
    assert shifted[0]["time"] != truth[40]["time"]


def test_an_unknown_room_is_not_found(reader: StatsReader) -> None:
    reader.sign_in()
    answer: httpx.Response = reader.get("/model/chaturbate/nobody_here/chat")
    assert (answer.status_code, inertia(answer)["component"]) == (404, "Error")


def test_a_room_that_is_not_the_operators_has_no_chat_here(reader: StatsReader) -> None:
    room = reader.practice.truth()["followed"]["online"][0]
    reader.sign_in()
    told = inertia(reader.get(given_visitor.chat_path(room=room)))["props"]["messages"]
    assert (told["data"], told["last_page"]) == ([], 1)
