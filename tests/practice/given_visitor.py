"""Visitors of the practice sites who do by hand what a browser does."""

from __future__ import annotations

import json
import re
import urllib.parse
from types import TracebackType
from typing import Any, Self

import httpx
from selectolax.lexbor import LexborHTMLParser, LexborNode

from fixtures.practice import client

XHR = {"X-Requested-With": "XMLHttpRequest", "Accept": "application/json"}
ROOM_LIST = "/api/ts/roomlist/room-list/"


Tree = LexborHTMLParser | LexborNode


def maybe(page: Tree, css: str) -> LexborNode | None:
    return page.css_first(css, default=None)


def one(page: Tree, css: str) -> LexborNode:
    found = maybe(page, css)
    assert found is not None, css
    return found


class Visitor:
    """A browser at Chaturbate."""

    def __init__(self, practice: client.Practice) -> None:
        self.practice = practice
        self.web = httpx.Client(base_url=practice.chaturbate, trust_env=False, timeout=5)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        self.web.close()

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.web.get(path, headers=headers)

    def xhr(self, path: str, **query: str | int) -> httpx.Response:
        return self.web.get(path, params=query or None, headers=XHR)

    def page(self, path: str) -> LexborHTMLParser:
        return LexborHTMLParser(self.get(path).text)

    def send_form(
        self,
        password: str = client.PASSWORD,
        *,
        username: str = client.USERNAME,
        referer: bool = True,
        token: str | None = None,
    ) -> httpx.Response:
        form = one(self.page("/auth/login/"), "form.login_form")
        hidden = one(form, "[name=csrfmiddlewaretoken]").attributes["value"]
        fields = {
            "csrfmiddlewaretoken": hidden if token is None else token,
            "username": username,
            "password": password,
            "next": "",
        }
        headers = {"Referer": f"{self.practice.chaturbate}/auth/login/"} if referer else {}
        return self.web.post("/auth/login/", data=fields, headers=headers)

    def sign_in(self) -> Self:
        assert self.send_form().status_code == 302
        return self

    def rooms(self, offset: int = 0, limit: int = 90, **query: str) -> dict[str, Any]:
        asked = {"follow": "true", **query}
        answer: dict[str, Any] = self.xhr(ROOM_LIST, limit=limit, offset=offset, **asked).json()
        return answer

    def followers(self, page: int = 1) -> list[str]:
        rows = self.page(f"/accounts/followers/?page={page}").css(
            "ul.followers li, [data-testid=followers-list] .follower"
        )
        return [row.text() for row in rows]

    def post(self, path: str, fields: dict[str, str]) -> httpx.Response:
        token = self.web.cookies["csrftoken"]
        return self.web.post(
            path,
            data={"csrfmiddlewaretoken": token, **fields},
            headers={**XHR, "Referer": f"{self.practice.chaturbate}/"},
        )


class StatsReader(Visitor):
    """A browser at Statbate Plus."""

    def __init__(self, practice: client.Practice) -> None:
        super().__init__(practice)
        self.web.close()
        self.web = httpx.Client(base_url=practice.statbate_plus, trust_env=False, timeout=5)

    def send_form(
        self,
        password: str = client.PASSWORD,
        *,
        username: str = client.USERNAME,
        referer: bool = True,
        token: str | None = None,
    ) -> httpx.Response:
        del referer
        hidden = one(self.page("/login"), "[name=_token]").attributes["value"]
        fields = {
            "_token": hidden if token is None else token,
            "email": username,
            "password": password,
        }
        return self.web.post("/login", data=fields)

    def chat(self, page: int = 1, **query: str) -> dict[str, Any]:
        return inertia(self.get(chat_path(page, **query)))

    def chat_xhr(self, version: str, page: int = 1, **query: str) -> httpx.Response:
        headers = {
            "X-Requested-With": "XMLHttpRequest",
            "X-Inertia": "true",
            "X-Inertia-Version": version,
            "Accept": "text/html, application/xhtml+xml",
        }
        return self.web.get(chat_path(page, **query), headers=headers)


def chat_path(page: int | str = 1, room: str = client.USERNAME, **query: str) -> str:
    asked = {"timezone": "UTC", "page": str(page), **query}
    return f"/model/chaturbate/{room}/chat?{urllib.parse.urlencode(asked)}"


def inertia(answer: httpx.Response) -> dict[str, Any]:
    """Return the page object, whichever way the answer carries it."""
    if answer.headers.get("x-inertia") == "true":
        told: dict[str, Any] = answer.json()
        return told
    page = LexborHTMLParser(answer.text)
    script = maybe(page, 'script[data-page="app"]')
    raw = script.text() if script else one(page, "#app").attributes["data-page"]
    page_object: dict[str, Any] = json.loads(raw or "")
    return page_object


def logged_in_user(text: str) -> dict[str, Any] | None:
    """Return what the page's own script knows of the user: a script string, then JSON."""
    quoted = re.search(r"logged_in_user: JSON\.parse\('([^']*)'\)", text)
    assert quoted is not None
    told: dict[str, Any] | None = json.loads(json.loads(f'"{quoted[1]}"'))
    return told
