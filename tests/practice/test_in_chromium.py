"""The shell page in a real Chromium: its own script asks for the room list and draws the cards."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright import sync_api

from fixtures.practice import client
from tests.practice.given_visitor import ROOM_LIST

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")


@pytest.fixture(scope="module")
def page(sites: client.Practice) -> Iterator[sync_api.Page]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    sites.configure(rooms_page=30)
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, chromium_sandbox=os.geteuid() != 0
        )
        tab = browser.new_page()
        tab.goto(f"{sites.chaturbate}/auth/login/")
        tab.fill("#id_username", sites.username)
        tab.fill("#id_password", sites.password)
        tab.click("form.login_form [type=submit]")
        yield tab
        browser.close()


@pytest.mark.parametrize("part", ["online", "offline"])
def test_the_script_asks_by_xhr_and_draws_every_followed_room(
    page: sync_api.Page, sites: client.Practice, part: str
) -> None:
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto(f"{sites.chaturbate}/followed-cams/{part}/")
    page.wait_for_selector("#roomlist_root .roomCard")
    shown = page.locator("#roomlist_root .follow_star.icon_following").evaluate_all(
        "stars => stars.map(star => star.dataset.slug)"
    )
    assert shown == sites.truth()["followed"][part][:30]
    asked = sites.requests(ROOM_LIST)[-1]
    assert asked["headers"]["x-requested-with"] == "XMLHttpRequest"
    assert asked["query"].get("offline", "false") == ("true" if part == "offline" else "false")
    after = page.locator("#roomlist_root [data-testid=next-button]")
    assert after.get_attribute("href") == "?page=2"
    assert troubles == []


def test_the_script_says_so_when_the_list_does_not_come(
    page: sync_api.Page, sites: client.Practice
) -> None:
    sites.fault("server_error", path=ROOM_LIST)
    page.goto(f"{sites.chaturbate}/followed-cams/")
    page.wait_for_selector("p.roomlist-reload-msg")
    assert page.locator("#roomlist_root .roomCard").count() == 0


def test_a_browser_signs_in_to_statbate(page: sync_api.Page, sites: client.Practice) -> None:
    page.goto(f"{sites.statbate_plus}/login")
    page.fill("#email", sites.username)
    page.fill("#password", sites.password)
    page.click("[type=submit]")
    assert page.url == f"{sites.statbate_plus}/dashboard"
