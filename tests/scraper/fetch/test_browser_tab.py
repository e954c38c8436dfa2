from __future__ import annotations

import time

import pytest

from scraper import errors, payload
from scraper.fetch import browser, browser_tab
from tests.scraper.fetch import given_site

NOTHING = (b"", b"<html><head></head><body></body></html>")
"""What browsers make of a document without a byte."""


def visit(site: given_site.Site, path: str, **capture: str) -> payload.Request:
    return payload.Request(
        url=site.url(path),
        kind="shell",
        via="navigate",
        context={"part": "online"},
        capture={"/api/": capture["kind"]} if capture else {},
    )


async def signed_in(tab: browser_tab.BrowserTab, site: given_site.Site, password: str) -> bytes:
    await tab.open(site.url("/sign-in"))
    await tab.fill("input[name=username]", "alice")
    await tab.fill("input[name=password]", password)
    answer = await tab.submit("button[type=submit]")
    return answer.body


async def test_a_document_is_the_page_after_its_scripts_began(
    tab: browser_tab.BrowserTab, site: given_site.Site
) -> None:
    answer = await tab.open(site.url("/nuisance"))
    assert b"calm" in answer.body
    assert (answer.status, answer.url) == (200, site.url("/nuisance"))
    assert answer.headers == {"content-type": "text/html; charset=utf-8"}


async def test_signing_in_leads_to_the_member_page(
    tab: browser_tab.BrowserTab, site: given_site.Site
) -> None:
    assert b"member" in await signed_in(tab, site, "right")


async def test_a_wrong_password_leads_to_a_page_that_says_so(
    tab: browser_tab.BrowserTab, site: given_site.Site
) -> None:
    assert b"wrong" in await signed_in(tab, site, "left")


async def test_the_form_token_of_a_sign_in_page_is_not_in_the_payload(
    tab: browser_tab.BrowserTab, site: given_site.Site
) -> None:
    answer = await tab.open(site.url("/sign-in"))
    assert b"form-canary" not in answer.body
    assert b'name="csrfmiddlewaretoken" value="***"' in answer.body


async def test_a_field_that_is_not_there_is_named(
    shared_browser: browser.Browser, site: given_site.Site
) -> None:
    async with browser_tab.open_tab(shared_browser, None, site.base, deadline=1) as tab:
        await tab.open(site.url("/sign-in"))
        for act in (tab.fill("#nobody", "x"), tab.submit("#nobody")):
            with pytest.raises(errors.PageChanged, match="#nobody") as caught:
                await act
            assert caught.value.code == "selector_missing"


async def test_a_button_under_something_else_cannot_be_used(
    shared_browser: browser.Browser, site: given_site.Site
) -> None:
    async with browser_tab.open_tab(shared_browser, None, site.base, deadline=2) as tab:
        await tab.open(site.url("/covered"))
        with pytest.raises(errors.PageChanged, match="button cannot be used"):
            await tab.submit("button")


async def test_a_button_that_leads_nowhere_is_not_taken_for_an_answer(
    shared_browser: browser.Browser, site: given_site.Site
) -> None:
    async with browser_tab.open_tab(shared_browser, None, site.base, deadline=1) as tab:
        await tab.open(site.url("/form"))
        with pytest.raises(errors.TryLater) as caught:
            await tab.submit("button")
        assert caught.value.code == "timed_out"


@pytest.mark.parametrize(("to", "code"), [("/reset", "connection_lost"), ("/stall", "timed_out")])
async def test_a_form_that_fails_on_its_way_is_named_for_its_remedy(
    shared_browser: browser.Browser, site: given_site.Site, to: str, code: str
) -> None:
    async with browser_tab.open_tab(shared_browser, None, site.base, deadline=1) as tab:
        await tab.open(site.url(f"/form?to={to}"))
        with pytest.raises(errors.TryLater) as caught:
            await tab.submit("button")
        assert caught.value.code == code


async def test_a_form_answered_by_an_error_without_a_body_is_answered(
    tab: browser_tab.BrowserTab, site: given_site.Site
) -> None:
    await tab.open(site.url("/form?to=/status%3Fcode=419"))
    answer = await tab.submit("button")
    assert (answer.status, answer.body in NOTHING) == (419, True)


async def test_cookies_and_storage_survive_into_another_tab(
    shared_browser: browser.Browser, site: given_site.Site
) -> None:
    async with browser_tab.open_tab(shared_browser, None, site.base) as first:
        await signed_in(first, site, "right")
        state = await first.state()
    async with browser_tab.open_tab(shared_browser, state, site.base) as second:
        member = await second.open(site.url("/member"))
        stored = await second.open(site.url("/stored"))
    assert b"<p>member</p>" in member.body
    assert b">dark</p>" in stored.body


async def test_accounts_do_not_see_each_others_cookies(
    shared_browser: browser.Browser, tab: browser_tab.BrowserTab, site: given_site.Site
) -> None:
    await signed_in(tab, site, "right")
    async with browser_tab.open_tab(shared_browser, None, site.base) as other:
        answer = await other.open(site.url("/member"))
    assert answer.url == site.url("/sign-in")


async def test_dialogs_and_popups_do_not_stop_a_page(
    tab: browser_tab.BrowserTab, site: given_site.Site
) -> None:
    for _ in range(3):
        assert b"calm" in (await tab.open(site.url("/nuisance"))).body


async def test_a_download_is_refused(tab: browser_tab.BrowserTab, site: given_site.Site) -> None:
    with pytest.raises(errors.TryLater) as caught:
        await tab.open(site.url("/attachment"))
    assert caught.value.code == "connection_lost"


async def test_an_error_without_a_body_is_an_answer(
    tab: browser_tab.BrowserTab, site: given_site.Site
) -> None:
    answer = await tab.open(site.url("/status?code=503"))
    assert (answer.status, answer.body in NOTHING) == (503, True)
    assert answer.headers["retry-after"] == "7"


async def test_an_error_page_keeps_its_status_and_text(
    tab: browser_tab.BrowserTab, site: given_site.Site
) -> None:
    (answer,) = await tab.fetch(visit(site, "/status?code=403&body=Just a moment"))
    assert answer.status == 403
    assert b"Just a moment" in answer.body
    assert answer.headers["cf-mitigated"] == "challenge"


async def test_a_page_that_moves_on_by_script_is_followed(
    tab: browser_tab.BrowserTab, site: given_site.Site
) -> None:
    answer = await tab.open(site.url("/moving"))
    assert answer.status == 200


async def test_a_document_too_large_is_refused(
    tab: browser_tab.BrowserTab, site: given_site.Site
) -> None:
    with pytest.raises(errors.TryLater) as caught:
        await tab.open(site.url("/heavy"))
    assert caught.value.code == "body_too_large"


@pytest.mark.parametrize(
    ("path", "codes"),
    [
        ("/reset", {"connection_lost"}),
        ("/stall", {"timed_out"}),
        ("/moved?left=40", {"connection_lost"}),
    ],
)
async def test_a_broken_navigation_is_named_for_its_remedy(
    shared_browser: browser.Browser, site: given_site.Site, path: str, codes: set[str]
) -> None:
    async with browser_tab.open_tab(shared_browser, None, site.base, deadline=1) as tab:
        with pytest.raises(errors.TryLater) as caught:
            await tab.open(site.url(path))
        assert caught.value.code in codes
        assert (await tab.open(site.url("/"))).status == 200, "the tab is still good"


async def test_nobody_listening_is_a_lost_connection(
    shared_browser: browser.Browser,
) -> None:
    nowhere = "http://127.0.0.1:9"
    async with browser_tab.open_tab(shared_browser, None, nowhere) as tab:
        with pytest.raises(errors.TryLater) as caught:
            await tab.fetch(payload.Request(url=nowhere + "/x", kind="k"))
    assert caught.value.code == "connection_lost"


async def test_answers_that_a_page_loads_follow_its_document(
    tab: browser_tab.BrowserTab, site: given_site.Site
) -> None:
    document, answer = await tab.fetch(visit(site, "/scripted", kind="rooms"))
    assert b"<title>scripted" in document.body
    assert given_site.decoded(answer.body)["i"] == 0
    assert (answer.request.kind, answer.request.context) == ("rooms", {"part": "online"})
    assert answer.request.url == site.url("/api/list?i=0")


async def test_of_two_hundred_slow_answers_none_is_lost(
    shared_browser: browser.Browser, site: given_site.Site
) -> None:
    async with browser_tab.open_tab(shared_browser, None, site.base, deadline=60) as tab:
        _, *captured = await tab.fetch(visit(site, "/scripted?n=200", kind="rooms"))
        assert (await tab.open(site.url("/"))).status == 200
    assert [given_site.decoded(answer.body)["i"] for answer in captured] == list(range(200))


async def test_captured_answers_keep_no_token_of_their_address(
    tab: browser_tab.BrowserTab, site: given_site.Site
) -> None:
    _, answer = await tab.fetch(visit(site, "/scripted?api=/api/list?token=canary%26x", kind="r"))
    assert "canary" not in answer.url + answer.request.url


@pytest.mark.parametrize("api", ["/api/never", "/reset?/api/", "/truncated?/api/"])
async def test_an_answer_that_does_not_come_whole_is_told_as_lost(
    shared_browser: browser.Browser, site: given_site.Site, api: str
) -> None:
    async with browser_tab.open_tab(shared_browser, None, site.base, deadline=2) as tab:
        with pytest.raises(errors.TryLater) as caught:
            await tab.fetch(visit(site, f"/scripted?api={api}", kind="rooms"))
        assert caught.value.code == "capture_lost"
        assert site.base in (caught.value.url or "")


async def test_what_an_earlier_page_still_asks_for_is_no_part_of_the_next(
    tab: browser_tab.BrowserTab, site: given_site.Site
) -> None:
    await tab.open(site.url("/polling"))
    _, answer = await tab.fetch(visit(site, "/scripted", kind="rooms"))
    assert answer.request.url == site.url("/api/list?i=0")


async def test_what_a_page_never_asks_for_is_not_waited_for_long(
    shared_browser: browser.Browser, site: given_site.Site
) -> None:
    async with browser_tab.open_tab(shared_browser, None, site.base, deadline=1) as tab:
        start = time.monotonic()
        answers = await tab.fetch(visit(site, "/page", kind="rooms"))
    assert len(answers) == 1
    assert time.monotonic() - start < 4


async def test_a_page_that_spins_is_given_up_and_the_next_call_works(
    shared_browser: browser.Browser, site: given_site.Site
) -> None:
    async with browser_tab.open_tab(shared_browser, None, site.base, deadline=2, grace=0) as tab:
        await tab.open(site.url("/loop"))
        with pytest.raises(errors.TryLater) as caught:
            await tab.fetch(payload.Request(url=site.url("/echo"), kind="k"))
        assert caught.value.code == "browser_lost"
        (answer,) = await tab.fetch(payload.Request(url=site.url("/page"), kind="k"))
        assert answer.status == 200
        assert shared_browser.version, "the browser lives on; only the page was given up"


async def test_a_crashed_page_is_replaced(
    tab: browser_tab.BrowserTab, site: given_site.Site
) -> None:
    with pytest.raises(errors.TryLater):
        await tab.open("chrome://crash")
    assert (await tab.open(site.url("/"))).status == 200


async def test_a_way_that_a_tab_has_not_is_refused(
    tab: browser_tab.BrowserTab, site: given_site.Site
) -> None:
    with pytest.raises(errors.BadConfig):
        await tab.fetch(payload.Request(url=site.url("/"), kind="k", via="http"))
