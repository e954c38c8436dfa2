"""Every fault shows on the wire, where its scope says and as often as it says."""

from __future__ import annotations

import socket
import time
import urllib.parse
from collections.abc import Callable

import httpx
import pytest

from fixtures.practice import client, faults
from tests.practice import given_visitor
from tests.practice.given_visitor import ROOM_LIST, StatsReader, Visitor, chat_path, inertia

FOLLOWERS = "/accounts/followers/"
TOKENS = "/api/ts/tipping/token-stats/"


@pytest.fixture
def visitor(practice: client.Practice, visitor: Visitor) -> Visitor:
    practice.configure(followed=100, online_percent=100, followers=100)
    return visitor.sign_in()


def page(visitor: Visitor, number: int) -> httpx.Response:
    return visitor.get(f"{FOLLOWERS}?page={number}")


def listed(visitor: Visitor) -> list[str]:
    names: list[str] = visitor.practice.truth()["followers"]
    return names


# where and how often


def test_a_fault_meets_only_its_path_page_and_number_of_times(visitor: Visitor) -> None:
    visitor.practice.fault("server_error", path=FOLLOWERS, page=2, times=2)
    statuses = [page(visitor, number).status_code for number in (1, 2, 3, 2, 2)]
    assert statuses == [200, 503, 200, 503, 200]
    assert visitor.get("/").status_code == 200
    assert visitor.practice.clear_faults() == [{"kind": "server_error", "hits": 2}]


def test_a_fault_without_a_number_of_times_lasts_until_it_is_cleared(visitor: Visitor) -> None:
    visitor.practice.fault("server_error", path="/accounts/*", times=None)
    assert {page(visitor, 1).status_code for _ in range(5)} == {503}
    visitor.practice.clear_faults()
    assert page(visitor, 1).status_code == 200


def test_room_list_pages_count_from_zero_and_halves_are_told_by_query(visitor: Visitor) -> None:
    visitor.practice.fault("server_error", path=ROOM_LIST, page=1, where={"offline": "true"})
    asked = [visitor.xhr(ROOM_LIST, follow="true", limit=30, offset=30) for _ in range(2)]
    assert [answer.status_code for answer in asked] == [200, 200]
    offline: dict[str, str | int] = {"follow": "true", "offline": "true", "limit": 30}
    assert visitor.xhr(ROOM_LIST, **offline, offset=0).status_code == 200
    assert visitor.xhr(ROOM_LIST, **offline, offset=30).status_code == 503


def test_the_online_half_is_told_by_the_absence_of_offline(visitor: Visitor) -> None:
    visitor.practice.fault("server_error", path=ROOM_LIST, where={"offline": None})
    assert visitor.xhr(ROOM_LIST, follow="true", offline="true").status_code == 200
    assert visitor.xhr(ROOM_LIST, follow="true", offline="false").status_code == 503


def test_token_pages_count_by_their_bound_so_that_a_retry_stays_on_its_page(
    visitor: Visitor,
) -> None:
    rows = visitor.xhr(TOKENS, room=client.USERNAME).json()["transactions"]
    visitor.practice.fault("server_error", path=TOKENS, page=2, times=2)
    second = {"room": client.USERNAME, "max_transaction_id": str(rows[-1]["id"])}
    assert visitor.xhr(TOKENS, room=client.USERNAME).status_code == 200
    assert [visitor.xhr(TOKENS, **second).status_code for _ in range(3)] == [503, 503, 200]


@pytest.mark.parametrize("style", ["paginate", "cursor"])
def test_chat_pages_count_from_one_by_number_and_by_cursor(reader: StatsReader, style: str) -> None:
    reader.practice.configure(pages_by=style)
    after = reader.sign_in().chat()["props"]["messages"]["next_page_url"]
    reader.practice.fault("server_error", path="/model/*", page=2)
    assert reader.get(after).status_code == 503
    assert [item["page"] for item in reader.practice.requests("/model/*")] == [1, 2]


def test_wrong_requests_to_control_are_told_why(practice: client.Practice) -> None:
    wrong: list[Callable[[], object]] = [
        lambda: practice.fault("earthquake"),
        lambda: practice.fault("throttle", retry_afer=3),
        lambda: practice.configure(folowers=3),
        lambda: practice.configure(followers="many"),
        lambda: practice.configure(variant="xml"),
        lambda: practice.churn([{"after": 1, "do": "dance"}]),
        lambda: practice.churn_random(1, quakes=2),
    ]
    for ask in wrong:
        with pytest.raises(
            ValueError, match=r"earthquake|retry_afer|folowers|followers|variant|dance|quakes"
        ):
            ask()


# instead of the page


def test_throttle_is_a_429_with_or_without_retry_after(visitor: Visitor) -> None:
    visitor.practice.fault("throttle", path=FOLLOWERS)
    visitor.practice.fault("throttle", path=FOLLOWERS, retry_after=2)
    first, second = page(visitor, 1), page(visitor, 1)
    assert (first.status_code, "retry-after" in first.headers) == (429, False)
    assert (second.status_code, second.headers["retry-after"]) == (429, "2")


def test_slow_down_is_a_403_with_the_sites_words(visitor: Visitor) -> None:
    visitor.practice.fault("slow_down", path=FOLLOWERS)
    answer = page(visitor, 1)
    assert (answer.status_code, "Try slowing down a little." in answer.text) == (403, True)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520])
def test_server_errors_have_the_status_asked_for(visitor: Visitor, status: int) -> None:
    visitor.practice.fault("server_error", path=FOLLOWERS, status=status)
    assert page(visitor, 1).status_code == status


def test_html_comes_instead_of_json(visitor: Visitor) -> None:
    visitor.practice.fault("html_instead", path=ROOM_LIST)
    answer = visitor.xhr(ROOM_LIST, follow="true")
    assert (answer.status_code, answer.headers["content-type"][:9]) == (200, "text/html")


def test_a_challenge_names_itself_in_header_and_title(visitor: Visitor) -> None:
    visitor.practice.fault("challenge", path="/followed-cams/*")
    answer = visitor.get("/followed-cams/")
    assert (answer.status_code, answer.headers["cf-mitigated"]) == (403, "challenge")
    assert "<title>Just a moment...</title>" in answer.text


def test_the_age_gate_comes_with_status_200(visitor: Visitor) -> None:
    visitor.practice.fault("age_gate", path=FOLLOWERS)
    answer = page(visitor, 1)
    assert (answer.status_code, "entrance_terms" in answer.text) == (200, True)


def test_a_second_factor_stands_before_a_page_and_after_a_right_password(
    visitor: Visitor, practice: client.Practice
) -> None:
    practice.fault("second_factor", path=FOLLOWERS)
    answer = page(visitor, 1)
    assert "authenticator app" in answer.text
    assert given_visitor.logged_in_user(answer.text) is None
    practice.fault("second_factor", path="/auth/login/")
    with Visitor(practice) as newcomer:
        after = newcomer.send_form()
        assert (after.status_code, after.headers["location"][-20:]) == (302, "/auth/second_factor/")
        assert "one-time-code" in newcomer.get("/auth/second_factor/").text
        assert newcomer.get(FOLLOWERS).status_code == 302
    assert [item["outcome"] for item in practice.sign_in_attempts()] == ["ok", "second_factor"]


def test_statbate_asks_for_a_second_factor_too(reader: StatsReader) -> None:
    reader.practice.fault("second_factor", path="/login")
    assert reader.send_form().headers["location"].endswith("/two-factor-challenge")
    assert "authentication code" in reader.get("/two-factor-challenge").text
    assert "/two-factor-challenge" in reader.get(chat_path()).headers["location"]
    reader.sign_in()
    reader.practice.fault("second_factor", path="/model/*")
    assert "one-time-code" in reader.get(chat_path()).text


def test_a_session_ends_at_page_k_with_a_redirect_and_stays_ended(visitor: Visitor) -> None:
    visitor.practice.fault("logout_redirect", path=FOLLOWERS, page=3)
    answers = [page(visitor, number) for number in (1, 2, 3, 4)]
    assert [answer.status_code for answer in answers] == [200, 200, 302, 302]
    assert answers[2].headers["location"] == f"/auth/login/?next={FOLLOWERS}"
    assert page(visitor.sign_in(), 3).status_code == 200


def test_a_session_ends_in_the_middle_of_the_room_list_too(visitor: Visitor) -> None:
    visitor.practice.fault("logout_redirect", path=ROOM_LIST, page=1)
    asked: dict[str, str | int] = {"follow": "true", "limit": 30}
    assert visitor.xhr(ROOM_LIST, **asked, offset=0).status_code == 200
    assert visitor.xhr(ROOM_LIST, **asked, offset=30).status_code == 302


def test_statbate_sessions_end_by_redirect_or_by_401(reader: StatsReader) -> None:
    version = reader.sign_in().chat()["version"]
    reader.practice.fault("logout_redirect", path="/model/*", page=2)
    assert reader.chat_xhr(version, 2).headers["location"].endswith("/login")
    assert reader.get(chat_path(), Accept="application/json").status_code == 401


# in the page


def test_a_silently_dead_session_brings_the_whole_site(visitor: Visitor) -> None:
    visitor.practice.fault("logout_silent", path=ROOM_LIST, page=1)
    before, after = visitor.rooms(0, 30), visitor.rooms(30, 30)
    assert all(row["is_following"] for row in before["rooms"])
    assert len(after["rooms"]) == 30
    assert not any(row["is_following"] for row in after["rooms"])
    assert after["total_count"] > before["total_count"]
    assert not any(row["is_following"] for row in visitor.rooms(60, 30)["rooms"])


@pytest.mark.parametrize("variant", ["cards", "list"])
def test_a_silently_dead_session_shows_html_readers_strangers(
    visitor: Visitor, variant: str
) -> None:
    visitor.practice.configure(variant=variant, keep_sessions=True)
    visitor.practice.fault("logout_silent", path="/followed-cams/*")
    answer = visitor.get("/followed-cams/online/")
    assert (answer.status_code, "icon_following" in answer.text) == (200, False)
    assert "icon_not_following" in answer.text
    assert given_visitor.logged_in_user(answer.text) is None


def test_an_empty_page_keeps_its_declared_total(visitor: Visitor) -> None:
    visitor.practice.fault("empty", path=ROOM_LIST)
    told = visitor.rooms()
    assert (told["rooms"], told["total_count"]) == ([], 100)
    visitor.practice.fault("empty", path=FOLLOWERS)
    answer = page(visitor, 1)
    assert '<ul class="followers"></ul>' in answer.text
    assert 'class="paging"' in answer.text


def test_an_empty_page_can_lie_in_the_sites_own_words(visitor: Visitor) -> None:
    visitor.practice.fault("empty", path=FOLLOWERS, message=True)
    assert 'class="no_results"' in page(visitor, 1).text


def test_a_short_page_drops_rows_and_keeps_the_total(visitor: Visitor) -> None:
    visitor.practice.fault("short", path=ROOM_LIST, rows=5)
    told = visitor.rooms()
    assert (len(told["rooms"]), told["total_count"]) == (85, 100)
    visitor.practice.fault("short", path=FOLLOWERS)
    assert visitor.followers(1) == listed(visitor)[:22]


def test_a_repeated_page_is_the_one_before(visitor: Visitor) -> None:
    visitor.practice.fault("repeat", path=FOLLOWERS, page=3)
    assert visitor.followers(3) == visitor.followers(2)
    visitor.practice.fault("repeat", path=ROOM_LIST, page=1)
    assert visitor.rooms(30, 30)["rooms"] == visitor.rooms(0, 30)["rooms"]


def test_a_page_can_answer_as_if_past_the_end(visitor: Visitor) -> None:
    visitor.practice.fault("beyond", path=FOLLOWERS, page=2)
    assert visitor.followers(2) == []
    visitor.practice.fault("beyond", path=ROOM_LIST, page=1)
    assert visitor.rooms(30, 30)["rooms"] == []


def test_a_duplicate_row_takes_the_place_of_another(visitor: Visitor) -> None:
    visitor.practice.fault("duplicate", path=FOLLOWERS, page=2)
    names, truth = visitor.followers(2), listed(visitor)[25:50]
    assert names == [truth[0], truth[0], *truth[2:]]


def test_declared_totals_drift_from_page_to_page(visitor: Visitor) -> None:
    visitor.practice.fault("drift", path=ROOM_LIST, times=None, by=2)
    assert [visitor.rooms(0, 30)["total_count"] for _ in range(3)] == [102, 104, 106]


def test_totals_in_header_script_and_profile_drift_too(visitor: Visitor) -> None:
    visitor.practice.fault("drift", path="*", times=None)
    users = [given_visitor.logged_in_user(page(visitor, 1).text) for _ in range(2)]
    assert [user["total_followed"] for user in users if user] == [101, 102]
    assert visitor.xhr("/follow/api/online_followed_rooms/").json()["total"] == 103


def test_the_room_list_can_drift_by_option(visitor: Visitor) -> None:
    visitor.practice.configure(followed=100, online_percent=100, drift=3, keep_sessions=True)
    assert [visitor.rooms(offset, 30)["total_count"] for offset in (0, 30, 60)] == [100, 103, 106]


def test_a_page_can_come_in_another_language(visitor: Visitor) -> None:
    visitor.practice.fault("localised", path=FOLLOWERS)
    assert '<html lang="de">' in page(visitor, 1).text
    assert '<html lang="en">' in page(visitor, 1).text


def test_assets_can_change_in_the_middle_of_a_walk(reader: StatsReader) -> None:
    version = reader.sign_in().chat()["version"]
    reader.practice.fault("new_version", path="/model/*", page=3)
    statuses = [reader.chat_xhr(version, number).status_code for number in (2, 3, 3)]
    assert statuses == [200, 409, 409]
    fresh = inertia(reader.get(chat_path(3)))["version"]
    assert reader.chat_xhr(fresh, 4).status_code == 200


# to the page


def test_drift_renames_classes_and_test_ids_but_no_text(visitor: Visitor) -> None:
    visitor.practice.fault("rename_classes", path=FOLLOWERS)
    drifted, plain = page(visitor, 1), page(visitor, 1)
    assert 'class="followers"' in plain.text
    assert 'class="followers"' not in drifted.text
    assert "data-testid=" in drifted.text
    assert all(name in drifted.text for name in listed(visitor)[:25])


def test_drift_can_rename_a_single_class_or_json_key(visitor: Visitor) -> None:
    visitor.practice.fault("rename_classes", path=FOLLOWERS, only=["followers"])
    text = page(visitor, 1).text
    assert 'class="xsrewollof"' in text
    assert 'class="paging"' in text
    visitor.practice.fault("rename_classes", path=ROOM_LIST, only=["rooms"])
    assert "xsmoor" in visitor.rooms()


def test_a_body_can_be_huge(visitor: Visitor) -> None:
    visitor.practice.fault("huge", path=FOLLOWERS, megabytes=8)
    assert len(page(visitor, 1).content) > 8 << 20


def test_a_silently_truncated_body_is_well_formed_http(visitor: Visitor) -> None:
    whole = page(visitor, 1)
    visitor.practice.fault("truncate", path=FOLLOWERS, mode="silent")
    cut = page(visitor, 1)
    assert cut.status_code == 200
    assert whole.content.startswith(cut.content)
    assert len(cut.content) * 2 in (len(whole.content), len(whole.content) - 1)


# on the wire


def raw(visitor: Visitor, path: str) -> tuple[socket.socket, float]:
    """Send a signed-in request by hand; the answer is still in the socket."""
    place = urllib.parse.urlsplit(visitor.practice.chaturbate)
    link = socket.create_connection((place.hostname, place.port), timeout=1.0)
    cookie = f"sessionid={visitor.web.cookies['sessionid']}"
    link.sendall(
        f"GET {path} HTTP/1.1\r\nHost: {place.netloc}\r\nCookie: {cookie}\r\n\r\n".encode()
    )
    return link, time.monotonic()


def drained(link: socket.socket) -> bytes:
    read = b""
    while piece := link.recv(65536):
        read += piece
    return read


def heard_until_silence(link: socket.socket) -> bytes:
    read = b""
    try:
        while piece := link.recv(65536):
            read += piece
    except TimeoutError:
        return read
    raise AssertionError("the connection was closed")


def test_a_truncated_body_is_shorter_than_its_declared_length(visitor: Visitor) -> None:
    visitor.practice.fault("truncate", path=FOLLOWERS)
    link, _ = raw(visitor, FOLLOWERS)
    with link:
        head, _, body = drained(link).partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    assert 0 < len(body) < length
    visitor.practice.fault("truncate", path=FOLLOWERS)
    with pytest.raises(httpx.RemoteProtocolError):
        page(visitor, 1)


@pytest.mark.parametrize("keep", [0, 0.5])
def test_a_reset_comes_before_or_in_the_middle_of_the_answer(visitor: Visitor, keep: float) -> None:
    visitor.practice.fault("reset", path=FOLLOWERS, keep=keep)
    link, _ = raw(visitor, FOLLOWERS)
    with link, pytest.raises(ConnectionResetError):
        drained(link)
    assert page(visitor, 1).status_code == 200


@pytest.mark.parametrize(("keep", "heard"), [(0, False), (0.5, True)])
def test_a_stall_is_silence_before_or_in_the_middle_of_the_answer(
    visitor: Visitor, keep: float, heard: bool
) -> None:
    visitor.practice.fault("stall", path=FOLLOWERS, keep=keep)
    link, _ = raw(visitor, FOLLOWERS)
    link.settimeout(0.3)
    with link:
        read = heard_until_silence(link)
    assert (b"200 OK" in read) is heard
    assert page(visitor, 1).status_code == 200


def test_a_slow_drip_takes_its_time_and_ends_whole(visitor: Visitor) -> None:
    visitor.practice.fault("slow_drip", path="/api/ts/chatmessages/*", bytes=1, seconds=0.1)
    start = time.monotonic()
    answer = visitor.xhr("/api/ts/chatmessages/pm_users/?offset=0")
    assert time.monotonic() - start >= 0.1
    assert answer.json() == []


def test_every_fault_there_is_can_be_set_and_leaves_the_site_alive(visitor: Visitor) -> None:
    for kind in sorted(faults.KINDS):
        visitor.practice.fault(kind, path="/nowhere/")
    assert page(visitor, 1).status_code == 200
    assert len(visitor.practice.status()["faults"]) == len(faults.KINDS)
