from __future__ import annotations

import statistics
import time

import pytest

from scraper import errors, payload
from scraper.fetch import browser, browser_tab
from tests.scraper.fetch import given_site


def ask(site: given_site.Site, path: str, **more: object) -> payload.Request:
    return payload.Request(url=site.url(path), kind="k", **more)  # type: ignore[arg-type]


async def signed_in(tab: browser_tab.BrowserTab, site: given_site.Site) -> None:
    await tab.open(site.url("/sign-in"))
    await tab.fill("input[name=username]", "alice")
    await tab.fill("input[name=password]", "right")
    await tab.submit("button")


async def test_the_answer_says_what_came_and_from_where(
    tab: browser_tab.BrowserTab, site: given_site.Site
) -> None:
    (answer,) = await tab.fetch(ask(site, "/page"))
    assert (answer.status, answer.url) == (200, site.url("/page"))
    assert answer.body == given_site.PAGE.encode()
    assert answer.headers == {"content-type": "text/html; charset=utf-8"}


async def test_bytes_that_are_no_utf8_come_back_exactly(
    tab: browser_tab.BrowserTab, site: given_site.Site
) -> None:
    (answer,) = await tab.fetch(ask(site, "/latin"))
    assert answer.body == given_site.LATIN


async def test_headers_and_referer_are_sent_as_asked(
    tab: browser_tab.BrowserTab, site: given_site.Site
) -> None:
    headers = {"X-Requested-With": "XMLHttpRequest", "Referer": site.url("/followed-cams/")}
    (answer,) = await tab.fetch(ask(site, "/echo", headers=headers))
    sent = given_site.decoded(answer.body)["headers"]
    assert sent["x-requested-with"] == "XMLHttpRequest"
    assert sent["referer"] == site.url("/followed-cams/")


async def test_a_form_is_sent_url_encoded(
    tab: browser_tab.BrowserTab, site: given_site.Site
) -> None:
    form = {"a": "1 & 2", "b": "\u00e9"}
    (answer,) = await tab.fetch(ask(site, "/echo", method="POST", form=form))
    seen = given_site.decoded(answer.body)
    assert seen["form"] == form
    assert seen["headers"]["content-type"].startswith("application/x-www-form-urlencoded")


async def test_a_csrf_token_goes_from_cookie_to_header_and_field_decoded(
    tab: browser_tab.BrowserTab, site: given_site.Site
) -> None:
    await signed_in(tab, site)
    csrf = {"header:X-CSRFToken": "csrftoken", "field:csrfmiddlewaretoken": "csrftoken"}
    (answer,) = await tab.fetch(ask(site, "/echo", method="POST", csrf=csrf))
    seen = given_site.decoded(answer.body)
    assert seen["headers"]["x-csrftoken"] == "a=b c"
    assert seen["form"] == {"csrfmiddlewaretoken": "***"}, "what comes back is hidden again"


async def test_a_csrf_token_in_an_httponly_cookie_is_found_too(
    tab: browser_tab.BrowserTab, site: given_site.Site
) -> None:
    await signed_in(tab, site)
    csrf = {"header:X-XSRF-TOKEN": "hidden", "header:X-CSRFToken": "csrftoken"}
    (answer,) = await tab.fetch(ask(site, "/echo", method="POST", csrf=csrf))
    sent = given_site.decoded(answer.body)["headers"]
    assert (sent["x-xsrf-token"], sent["x-csrftoken"]) == ("h=1", "a=b c")


async def test_a_session_without_its_csrf_cookie_is_over(
    tab: browser_tab.BrowserTab, site: given_site.Site
) -> None:
    with pytest.raises(errors.SignInAgain, match="no cookie csrftoken"):
        await tab.fetch(ask(site, "/echo", method="POST", csrf={"header:X": "csrftoken"}))


TOKEN = {"header:Authorization": "json:/config?a=1#user.jwt"}


async def test_a_token_in_a_json_answer_goes_raw_into_the_header(
    tab: browser_tab.BrowserTab, site: given_site.Site
) -> None:
    await signed_in(tab, site)
    site.seen.clear()
    (answer,) = await tab.fetch(ask(site, "/echo", csrf=TOKEN | {"header:X": "csrftoken"}))
    sent = given_site.decoded(answer.body)["headers"]
    assert (sent["authorization"], sent["x"]) == ("jwt%2Fcanary", "a=b c")
    assert site.seen == ["/config?a=1", "/echo"]


async def test_a_token_in_a_json_answer_does_not_keep_one_in_an_httponly_cookie_from_being_found(
    tab: browser_tab.BrowserTab, site: given_site.Site
) -> None:
    await signed_in(tab, site)
    (answer,) = await tab.fetch(ask(site, "/echo", csrf=TOKEN | {"header:X": "hidden"}))
    sent = given_site.decoded(answer.body)["headers"]
    assert (sent["authorization"], sent["x"]) == ("jwt%2Fcanary", "h=1")


@pytest.mark.parametrize(
    "source",
    [
        "/config#user.jwt",  # null: nobody is signed in
        "/config#user.none.jwt",
        "/config#empty.0.jwt",
        "/config#user",
        "/config?page=1#user.jwt",
        "http://localhost:1/config#user.jwt",
    ],
)
async def test_a_session_whose_answer_holds_no_token_is_over(
    tab: browser_tab.BrowserTab, site: given_site.Site, source: str
) -> None:
    with pytest.raises(errors.SignInAgain, match="the session has no json:"):
        await tab.fetch(ask(site, "/echo", csrf={"header:Authorization": f"json:{source}"}))
    assert site.seen[-1] != "/echo"


async def test_a_site_that_refuses_to_tell_the_token_is_shown_as_the_answer(
    tab: browser_tab.BrowserTab, site: given_site.Site
) -> None:
    refused = {"header:Authorization": "json:/config?status=429#user.jwt"}
    (answer,) = await tab.fetch(ask(site, "/echo", csrf=refused))
    assert (answer.status, answer.body) == (429, b"slow")
    assert answer.request.url == site.url("/echo")
    refused = {"header:A": 'json:/config?status=403&body={"error":"no","jwt":"canary"}#user.jwt'}
    (answer,) = await tab.fetch(ask(site, "/echo", csrf=refused))
    assert (answer.status, answer.body) == (403, b'{"error":"no"}')


async def test_error_statuses_are_answers_with_the_headers_that_parsers_read(
    tab: browser_tab.BrowserTab, site: given_site.Site
) -> None:
    (answer,) = await tab.fetch(ask(site, "/status?code=429&body=slow"))
    assert (answer.status, answer.body) == (429, b"slow")
    assert answer.headers["retry-after"] == "7"
    assert answer.headers["cf-mitigated"] == "challenge"
    assert "x-secret" not in answer.headers


async def test_redirects_are_followed_and_the_last_address_is_told(
    tab: browser_tab.BrowserTab, site: given_site.Site
) -> None:
    (answer,) = await tab.fetch(ask(site, "/moved?left=3"))
    assert answer.url == site.url("/page")


async def test_only_the_kept_keys_of_a_private_answer_are_in_the_payload(
    tab: browser_tab.BrowserTab, site: given_site.Site
) -> None:
    (answer,) = await tab.fetch(ask(site, "/private", keep=("username", "nested")))
    assert answer.body == b'{"username":"alice","nested":{"a":[1,2.5]}}'


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/reset", "connection_lost"),
        ("/reset-midway", "body_truncated"),
        ("/truncated", "body_truncated"),
        ("/big", "body_too_large"),
        ("/elsewhere", "connection_lost"),
    ],
)
async def test_a_broken_answer_is_named_for_its_remedy(
    tab: browser_tab.BrowserTab, site: given_site.Site, path: str, code: str
) -> None:
    with pytest.raises(errors.TryLater) as caught:
        await tab.fetch(ask(site, path))
    assert (caught.value.code, caught.value.url) == (code, site.url(path))


async def test_a_redirect_to_another_host_is_told_as_such(
    tab: browser_tab.BrowserTab, site: given_site.Site
) -> None:
    with pytest.raises(errors.TryLater, match="redirected to http://localhost"):
        await tab.fetch(ask(site, "/elsewhere"))


@pytest.mark.parametrize("path", ["/stall", "/drip", "/api/never"])
async def test_an_answer_that_does_not_end_is_given_up_at_the_deadline(
    shared_browser: browser.Browser, site: given_site.Site, path: str
) -> None:
    async with browser_tab.open_tab(shared_browser, None, site.base, deadline=0.5) as tab:
        await tab.fetch(ask(site, "/"))
        start = time.monotonic()
        with pytest.raises(errors.TryLater) as caught:
            await tab.fetch(ask(site, path))
        assert caught.value.code == "timed_out"
        assert time.monotonic() - start < 2
        (answer,) = await tab.fetch(ask(site, "/"))
        assert answer.status == 200, "the tab is still good"


async def test_another_host_is_never_fetched_from(
    tab: browser_tab.BrowserTab, site: given_site.Site
) -> None:
    seen = len(site.seen)
    with pytest.raises(errors.BadConfig):
        await tab.fetch(payload.Request(url=site.elsewhere + "/page", kind="k"))
    assert len(site.seen) == seen


async def test_the_page_goes_to_its_site_once_and_stays_there(
    tab: browser_tab.BrowserTab, site: given_site.Site
) -> None:
    site.seen.clear()
    for _ in range(3):
        await tab.fetch(ask(site, "/page"))
    assert [path for path in site.seen if path == "/"] == ["/"]


async def test_a_site_that_sends_us_elsewhere_is_shown_as_the_answer(
    shared_browser: browser.Browser, site: given_site.Site
) -> None:
    async with browser_tab.open_tab(
        shared_browser, None, site.base, anchor="/elsewhere", deadline=10
    ) as tab:
        (answer,) = await tab.fetch(ask(site, "/echo"))
    assert answer.url == site.elsewhere + "/page"
    assert answer.request.url == site.url("/echo")


async def test_secrets_in_addresses_do_not_reach_the_payload(
    tab: browser_tab.BrowserTab, site: given_site.Site
) -> None:
    (answer,) = await tab.fetch(ask(site, "/events/alice/path-canary/?token=query-canary&i=1"))
    assert answer.url == site.url("/events/alice/***/?token=***&i=1")


async def test_a_page_costs_little_more_than_its_transfer(
    tab: browser_tab.BrowserTab, site: given_site.Site
) -> None:
    await tab.fetch(ask(site, "/page"))
    taken = []
    for _ in range(30):
        start = time.perf_counter()
        await tab.fetch(ask(site, "/page"))
        taken.append(time.perf_counter() - start)
    assert statistics.median(taken) < 0.05
