"""The Stripchat practice site answers in the shapes that are known of the real one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from fixtures.practice import client, options, past, people, stripchat, stripchat_money, world

FRONT = "/api/front"
CONFIG = f"{FRONT}/v3/config/initial-dynamic"
FAVORITES = f"{FRONT}/models/favorites"
ROW = {"id", "username", "status", "isOnline", "viewersCount", "avatarUrl", "previewUrlThumbSmall"}


@pytest.fixture
def web(practice: client.Practice) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=practice.stripchat, trust_env=False, timeout=5) as opened:
        yield opened


@pytest.fixture
def own(web: httpx.Client) -> httpx.Client:
    sign_in(web)
    return web


def sign_in(web: httpx.Client) -> None:
    fields = {"username": client.USERNAME, "password": client.PASSWORD}
    assert web.post("/login", data=fields).status_code == 302


def dynamic(web: httpx.Client) -> dict[str, Any]:
    told: dict[str, Any] = web.get(f"{CONFIG}?requestType=initial").json()["initialDynamic"]
    return told


def listed(web: httpx.Client, path: str = FAVORITES, **query: int) -> dict[str, Any]:
    headers = {"Authorization": dynamic(web)["jwtToken"]}
    told: dict[str, Any] = web.get(path, params=query, headers=headers).json()
    return told


def rooms(**wanted: Any) -> list[people.Room]:
    return [*world.World(options.Options(**wanted)).rooms.values()]


def test_a_form_makes_a_session_and_a_wrong_password_does_not(web: httpx.Client) -> None:
    wrong = web.post("/login", data={"username": client.USERNAME, "password": "no"})
    assert (wrong.status_code, "stripchat_com_sessionId" in web.cookies) == (200, False)
    assert 'type="password"' in web.get("/login").text
    sign_in(web)
    assert web.cookies["stripchat_com_sessionId"]
    assert 'type="password"' not in web.get("/").text


def test_a_guest_is_nobody_and_has_a_token_all_the_same(web: httpx.Client) -> None:
    told = dynamic(web)
    assert told["user"] is None
    assert told["jwtToken"]


@pytest.mark.parametrize("path", [CONFIG, f"{FRONT}/v2/initial-dynamic"])
def test_the_application_is_told_who_is_there(own: httpx.Client, path: str) -> None:
    told = own.get(path).json()["initialDynamic"]
    assert told["user"].keys() >= {"id", "username"}
    assert told["user"]["username"] == stripchat.spelt(client.USERNAME)
    assert told["websocket"].keys() == {"url", "token"}


def test_a_room_has_the_documented_fields_and_says_what_is_told(web: httpx.Client) -> None:
    for room in rooms():
        told = web.get(f"{FRONT}/v2/models/username/{room.username}/cam").json()
        user = told["user"]["user"]
        assert user.keys() >= ROW | {"statusChangedAt", "isLive", "favoritedCount", "privateRate"}
        assert user.keys() >= {"p2pRate", "spyRate", "groupRate", "ticketRate", "country"}
        assert told["user"].keys() >= {"isGeoBanned", "currPosition"}
        assert (told["cam"] == []) is not room.online
        plain = stripchat.told(room)
        assert (user["id"], user["status"]) == (plain["uid"], plain["status"])
        assert (user["viewersCount"], user["favoritedCount"]) == (
            plain["viewers"],
            plain["followers"],
        )


def test_a_room_is_found_however_its_name_is_spelt_and_a_stranger_is_not(
    web: httpx.Client, practice: client.Practice
) -> None:
    name = practice.truth()["followed"]["online"][0]
    path = f"{FRONT}/v2/models/username"
    assert web.get(f"{path}/{name.upper()}/cam").status_code == 200
    unknown = web.get(f"{path}/nobody_at_all/cam")
    assert (unknown.status_code, unknown.json()) == (404, {"error": "Not Found"})
    assert web.get(f"{FRONT}/users/user-ids/nobody_at_all").status_code == 404


def test_a_renamed_room_says_where_it_went_and_keeps_its_id(
    web: httpx.Client, practice: client.Practice
) -> None:
    old = practice.truth()["followed"]["online"][0]
    before = web.get(f"{FRONT}/users/user-ids/{old}").json()["id"]
    practice.churn([{"do": "rename", "of": "followed", "who": old, "to": "brand_new_name"}])
    told = web.get(f"{FRONT}/v2/models/username/{old}/cam").json()
    assert told == {"error": "Model not found", "data": {"newUsername": "Brand_new_name"}}
    assert web.get(f"{FRONT}/users/user-ids/brand_new_name").json()["id"] == before


@pytest.mark.parametrize("form", ["modelIds[]", "modelIds"])
def test_rooms_are_listed_by_their_ids_a_hundred_at_most(
    web: httpx.Client, practice: client.Practice, form: str
) -> None:
    practice.configure(followed=130)
    ids = [str(stripchat.told(room)["uid"]) for room in rooms(followed=130)]
    query = {form: ids} if form.endswith("[]") else {form: ",".join(ids)}
    models = web.get(f"{FRONT}/models/list", params=query).json()["models"]
    assert len(models) == 100
    assert models[0].keys() >= ROW | {"isLive"}


def test_favourites_without_the_token_are_200_and_empty(own: httpx.Client) -> None:
    bare = own.get(FAVORITES)
    wrong = own.get(FAVORITES, headers={"Authorization": f"Bearer {dynamic(own)['jwtToken']}"})
    assert [bare.status_code, wrong.status_code] == [200, 200]
    assert bare.json() == wrong.json() == {"models": [], "totalCount": 0}


@pytest.mark.parametrize("form", ["online", "all"])
def test_favourites_are_paged_by_offset(
    own: httpx.Client, practice: client.Practice, form: str
) -> None:
    practice.configure(followed=250, withheld=3, favorites=form, keep_sessions=True)
    truth = practice.truth()["followed"]
    shown = truth["online"] if form == "online" else truth["online"] + truth["offline"]
    names = []
    for offset in range(0, 300, 100):
        page = listed(own, offset=offset, limit=100)
        names += [model["username"].lower() for model in page["models"]]
        assert page["totalCount"] >= len(shown)
    assert sorted(names) == sorted(shown)
    offline = listed(own, f"{FAVORITES}/offline", limit=100)
    assert all(not model["isOnline"] for model in offline["models"])
    assert offline["models"][0].keys() >= ROW


def test_the_ids_of_favourites_are_whole_and_the_owners_alone(
    own: httpx.Client, practice: client.Practice
) -> None:
    practice.configure(followed=40, withheld=2, keep_sessions=True)
    uid = dynamic(own)["user"]["id"]
    ids = own.get(f"{FRONT}/users/{uid}/favorites").json()["modelIds"]
    assert len(ids) == len(set(ids)) == practice.truth()["followed"]["total"] == 42
    assert own.get(f"{FRONT}/users/{uid + 1}/favorites").status_code == 401


def test_transactions_are_the_worlds_within_their_bounds_newest_first(
    own: httpx.Client, practice: client.Practice
) -> None:
    practice.configure(tips=130, purchases=30, keep_sessions=True)
    uid, truth = dynamic(own)["user"]["id"], practice.truth()["transactions"]
    path, rows = f"{FRONT}/users/{uid}/transactions", []
    for offset in (0, 100):
        page = own.get(path, params={"offset": offset, "limit": 100}).json()
        assert page["numberOfTransactions"] == 160
        rows += page["transactions"]
    assert [row["id"] for row in rows] == [row["id"] for row in truth[::-1]]
    kinds = {row["type"] for row in rows}
    assert kinds <= {*stripchat_money.TYPES.values()}
    assert {"tip", "studio"} <= kinds
    flat = [row for row in rows if "userName" in row]
    assert flat
    assert all(row["createdAt"].endswith("Z") and "extra" not in row for row in flat)
    first = rows[40].get("date") or rows[40]["createdAt"]
    newer = own.get(path, params={"from": first, "limit": 100}).json()
    assert newer["numberOfTransactions"] >= 41
    assert newer["transactions"][-1]["id"] <= rows[40]["id"]


def test_payers_are_summed_without_payouts_and_without_who_is_anonymous(own: httpx.Client) -> None:
    uid = dynamic(own)["user"]["id"]
    told = own.get(f"{FRONT}/users/{uid}/transactions/users?limit=100").json()
    booked = world.World(options.Options()).transactions
    owed = stripchat_money.owed(booked)
    assert told["totalCount"] == len(owed)
    assert {row["username"]: row["totalTokens"] for row in told["transactions"]} == {
        name: sums["total"] for name, sums in owed.items()
    }
    assert any(row.anonymous for row in booked)
    assert any(row.description == past.TIP for row in booked)


@pytest.mark.parametrize("more", ["", "/users"])
def test_money_is_for_its_owner_alone(web: httpx.Client, more: str) -> None:
    assert web.get(f"{FRONT}/users/1/transactions{more}").status_code == 401
    sign_in(web)
    assert web.get(f"{FRONT}/users/1/transactions{more}").status_code == 403


@pytest.mark.parametrize(
    ("kind", "status"),
    [("throttle", 429), ("server_error", 503), ("challenge", 403), ("html_instead", 200)],
)
def test_faults_work_on_every_route(
    own: httpx.Client, practice: client.Practice, kind: str, status: int
) -> None:
    uid = dynamic(own)["user"]["id"]
    for path in (
        CONFIG,
        f"{FRONT}/v2/models/username/x/cam",
        FAVORITES,
        f"{FRONT}/users/{uid}/favorites",
        f"{FRONT}/users/{uid}/transactions",
        f"{FRONT}/users/{uid}/transactions/users",
    ):
        practice.fault(kind, path=path, site="stripchat")
        assert own.get(path).status_code == status


def test_a_fault_meets_one_page_of_a_list(own: httpx.Client, practice: client.Practice) -> None:
    practice.configure(followed=250, online_percent=100, keep_sessions=True)
    practice.fault("empty", path=FAVORITES, page=2)
    assert [len(listed(own, offset=n, limit=100)["models"]) for n in (0, 100, 200)] == [100, 0, 50]


def test_a_session_that_ends_silently_is_a_guests(
    own: httpx.Client, practice: client.Practice
) -> None:
    practice.fault("logout_silent", path=FAVORITES)
    assert listed(own) == {"models": [], "totalCount": 0}
    assert dynamic(own)["user"] is None
