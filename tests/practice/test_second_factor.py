"""The second factor of the practice sites: real codes, each good once, asked for where they are."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pyotp
import pytest

from fixtures.practice import client
from tests.practice import given_visitor

FOLLOWERS = "/accounts/followers/"
FORM = "/auth/second_factor/"
CHALLENGE = "/two-factor-challenge"


@pytest.fixture
def visitor(practice: client.Practice) -> Iterator[given_visitor.Visitor]:
    practice.configure(second_factor=True)
    with given_visitor.Visitor(practice) as newcomer:
        yield newcomer


@pytest.fixture
def reader(practice: client.Practice) -> Iterator[given_visitor.StatsReader]:
    practice.configure(second_factor=True)
    with given_visitor.StatsReader(practice) as newcomer:
        yield newcomer


def send(visitor: given_visitor.Visitor, code: str) -> httpx.Response:
    token = visitor.web.cookies["csrftoken"]
    return visitor.web.post(
        FORM,
        data={"csrfmiddlewaretoken": token, "code": code},
        headers={"Referer": f"{visitor.practice.chaturbate}{FORM}"},
    )


def confirm(reader: given_visitor.StatsReader, code: str) -> httpx.Response:
    token = given_visitor.one(reader.page(CHALLENGE), "[name=_token]").attributes["value"]
    return reader.web.post(CHALLENGE, data={"_token": token, "code": code})


def is_in(visitor: given_visitor.Visitor) -> bool:
    return visitor.get(FOLLOWERS).status_code == 200


def outcomes(practice: client.Practice) -> list[str]:
    return [attempt["outcome"] for attempt in practice.sign_in_attempts()]


def test_the_password_alone_opens_nothing(visitor: given_visitor.Visitor) -> None:
    visitor.send_form()

    assert not is_in(visitor)
    assert outcomes(visitor.practice) == ["second_factor"]


def test_the_right_code_signs_in(visitor: given_visitor.Visitor) -> None:
    visitor.send_form()
    send(visitor, visitor.practice.code())

    assert is_in(visitor)
    assert outcomes(visitor.practice) == ["second_factor", "code"]


def test_codes_are_those_of_an_authenticator(visitor: given_visitor.Visitor) -> None:
    visitor.send_form()
    send(visitor, pyotp.TOTP(client.TOTP_SECRET).now())

    assert is_in(visitor)


def test_a_wrong_code_shows_the_form_again(visitor: given_visitor.Visitor) -> None:
    visitor.send_form()
    answer = send(visitor, "000000")

    assert "one-time-code" in answer.text
    assert not is_in(visitor)
    assert outcomes(visitor.practice) == ["second_factor", "wrong_code"]


def test_a_code_is_good_once(visitor: given_visitor.Visitor, practice: client.Practice) -> None:
    code = practice.code()
    visitor.send_form()
    send(visitor, code)
    with given_visitor.Visitor(practice) as other:
        other.send_form()
        send(other, code)

        assert not is_in(other)
        assert practice.code() != code


def test_a_session_may_be_asked_in_its_middle(
    visitor: given_visitor.Visitor, practice: client.Practice
) -> None:
    practice.configure()
    visitor.sign_in()
    practice.fault("second_factor", path=FOLLOWERS, until_answered=True)
    asked = visitor.get(FOLLOWERS)
    still = visitor.xhr("/follow/api/online_followed_rooms/")
    send(visitor, practice.code())

    assert [asked.headers["location"][-20:], still.headers["location"][-20:]] == [FORM, FORM]
    assert is_in(visitor)


def test_a_challenge_of_statbate_takes_a_code(reader: given_visitor.StatsReader) -> None:
    reader.send_form()
    wrong = confirm(reader, "000000")
    right = confirm(reader, reader.practice.code("statbate_plus"))

    assert wrong.headers["location"].endswith(CHALLENGE)
    assert right.headers["location"].endswith("/dashboard")
    assert reader.get("/dashboard").status_code == 200


def test_there_are_two_operators(practice: client.Practice) -> None:
    practice.configure()
    with given_visitor.Visitor(practice) as second:
        second.send_form(username=client.SECOND_USERNAME)
        user = given_visitor.logged_in_user(second.get("/").text)

        assert user is not None
        assert user["username"] == client.SECOND_USERNAME
        own = second.web.get(
            f"/api/biocontext/{client.SECOND_USERNAME}/",
            headers={**given_visitor.XHR, "Referer": f"/p/{client.SECOND_USERNAME}/"},
        )
        assert own.status_code == 200
