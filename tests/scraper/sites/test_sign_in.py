"""Signing in ends with the account's own name read from a page, or says plainly why not."""

import html as escaping
import json
from collections.abc import Callable

import pytest

from scraper import errors, site
from scraper.sites import register
from tests.scraper import given_answers as given
from tests.scraper.sites import given_tab

CHATURBATE = register.SITES["chaturbate"]
STATBATE_PLUS = register.SITES["statbate_plus"]
Draw = Callable[[str | None], str]
CREDENTIALS = site.Credentials(username="Operator_One", password="correct horse")

CHALLENGE = "<html><head><title>Just a moment...</title></head><body></body></html>"
AGE_GATE = '<html><body><div id="entrance_terms_overlay">Are you 18?</div></body></html>'
SECOND_FACTOR = (
    '<html><body><form><input name="code" autocomplete="one-time-code"></form></body></html>'
)
UNKNOWN = "<html><body><h1>Welcome</h1></body></html>"


def chaturbate_page(username: str | None) -> str:
    user = "null" if username is None else json.dumps({"username": username})
    return (
        f"<html><body><script>x = {{logged_in_user: JSON.parse('{user}')}}</script></body></html>"
    )


def statbate_page(username: str | None) -> str:
    user = {"name": "The Operator", "email": username} if username else None
    told = {"component": "Dashboard", "props": {"auth": {"user": user}}, "version": "1"}
    page = escaping.escape(json.dumps(told))
    return f'<html><body><div id="app" data-page="{page}"></div></body></html>'


FORM = (
    '<html><body><form method="post"><input id="id_username" name="username">'
    '<input id="id_password" type="password" name="password"><button type="submit">Go</button>'
    "</form></body></html>"
)
PLACES = [(CHATURBATE, chaturbate_page), (STATBATE_PLUS, statbate_page)]
both = pytest.mark.parametrize(("where", "page"), PLACES, ids=["chaturbate", "statbate_plus"])

each = pytest.mark.parametrize("where", [where for where, _ in PLACES], ids=lambda one: one.name)


@both
async def test_the_form_is_filled_in_and_the_name_is_read_from_the_page_that_follows(
    where: site.Site, page: Draw
) -> None:
    tab = given_tab.Tab(FORM, page("operator_one"))

    await where.sign_in(tab, CREDENTIALS, where.layout)

    assert tab.opened == [where.layout.url("sign_in")]
    assert list(tab.filled.values()) == ["Operator_One", "correct horse"]
    assert tab.pressed == [where.layout.selectors["sign_in_submit"]]


@both
async def test_a_page_that_names_nobody_is_followed_by_one_that_must(
    where: site.Site, page: Draw
) -> None:
    tab = given_tab.Tab(FORM, UNKNOWN, page("operator_one"))

    await where.sign_in(tab, CREDENTIALS, where.layout)

    assert tab.opened[1] == where.whoami(where.layout).url


@both
async def test_a_session_that_is_still_signed_in_needs_no_form(
    where: site.Site, page: Draw
) -> None:
    tab = given_tab.Tab(page("operator_one"))

    await where.sign_in(tab, CREDENTIALS, where.layout)

    assert tab.filled == {}


@both
@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([CHALLENGE], "challenge"),
        ([AGE_GATE], "age_gate"),
        ([FORM, CHALLENGE], "challenge"),
        ([FORM, FORM], "bad_credentials"),
        ([FORM, SECOND_FACTOR], "second_factor"),
        ([FORM, UNKNOWN, UNKNOWN], "sign_in_unclear"),
        ([FORM, UNKNOWN, SECOND_FACTOR], "second_factor"),
        ([FORM, "nobody", "nobody"], "sign_in_unclear"),
        ([FORM, "mallory"], "wrong_user"),
        (["mallory"], "wrong_user"),
    ],
)
async def test_what_stands_in_the_way_of_signing_in_is_named(
    where: site.Site, page: Draw, answers: list[str], code: str
) -> None:
    named = {"mallory": "mallory", "nobody": None}
    bodies = [page(named[body]) if body in named else body for body in answers]

    with pytest.raises(errors.NeedsOperator) as refused:
        await where.sign_in(given_tab.Tab(*bodies), CREDENTIALS, where.layout)

    assert refused.value.code == code
    assert "correct horse" not in str(refused.value)


@each
async def test_a_sign_in_page_without_its_form_has_changed(where: site.Site) -> None:
    with pytest.raises(errors.PageChanged) as refused:
        await where.sign_in(given_tab.Tab(UNKNOWN), CREDENTIALS, where.layout)

    assert refused.value.code == "selector_missing"


@each
async def test_a_throttled_sign_in_waits(where: site.Site) -> None:
    slow = given.answer("Too many", status=429, retry_after="60")

    with pytest.raises(errors.TryLater) as refused:
        await where.sign_in(given_tab.Tab(slow), CREDENTIALS, where.layout)

    assert (refused.value.code, refused.value.retry_after) == ("throttled", 60)


@each
async def test_a_form_that_is_not_there_is_not_found(where: site.Site) -> None:
    with pytest.raises(errors.Refused):
        await where.sign_in(
            given_tab.Tab(given.answer("gone", status=404)), CREDENTIALS, where.layout
        )
