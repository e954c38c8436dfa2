"""A house without a browser, for tests of what becomes of answers: many runs in little time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import msgspec
from selectolax.lexbor import LexborHTMLParser

from fixtures.practice import client
from jobs import settings, walk
from models import db, runs
from scraper import errors, payload
from scraper.fetch import answers
from tests.jobs import given_runs as given

Clients = Mapping[str, httpx.AsyncClient]
"""The name of a site -> a client for it, that keeps its cookies."""

FORMS = {"chaturbate": ("/auth/login/", "username"), "statbate_plus": ("/login", "email")}
"""The name of a site -> where its sign-in form is, and the field of the username."""


class PlainVisit:
    """Answers requests over plain HTTP, with the cookies of earlier visits."""

    restored = True

    def __init__(self, site: str, web: httpx.AsyncClient) -> None:
        self._site = site
        self._web = web

    async def fetch(self, request: payload.Request) -> tuple[payload.Payload, ...]:
        got = await self._web.request(
            request.method,
            request.url,
            headers={"Referer": f"{self._web.base_url}/", **request.headers},
            data=self._form(request),
        )
        answer = answers.answer(
            request,
            url=str(got.url),
            status=got.status_code,
            headers=dict(got.headers),
            body=got.content,
        )
        return (answer,)

    def _form(self, request: payload.Request) -> dict[str, str] | None:
        """Return the form with the site's own token, as its page would send it."""
        if request.form is None:
            return None
        tokens = {
            name.removeprefix("field:"): self._web.cookies[cookie]
            for name, cookie in request.csrf.items()
        }
        return request.form | tokens

    async def sign_in(self) -> None:
        path, name = FORMS[self._site]
        page = LexborHTMLParser((await self._web.get(path)).text)
        hidden = page.css(f'form:has([name="{name}"]) input[type="hidden"]')
        fields = {str(one.attributes["name"]): one.attributes["value"] for one in hidden}
        fields |= {name: client.USERNAME, "password": client.PASSWORD}
        referer = f"{self._web.base_url}{path}"
        await self._web.post(path, data=fields, headers={"Referer": referer})

    async def answer(self, asked: errors.NeedsOperator) -> None:
        raise asked

    async def throttled(self, retry_after: float | None) -> None:
        raise AssertionError(f"nobody asks to wait {retry_after} s")


@asynccontextmanager
async def opened(world: client.Practice) -> AsyncIterator[Clients]:
    """Open a client for each practice site."""
    addresses = {"chaturbate": world.chaturbate, "statbate_plus": world.statbate_plus}
    async with AsyncExitStack() as stack:
        clients = {}
        for site, address in addresses.items():
            web = httpx.AsyncClient(
                base_url=address, trust_env=False, timeout=60, follow_redirects=True
            )
            clients[site] = await stack.enter_async_context(web)
        yield clients


@asynccontextmanager
async def signed_in(world: client.Practice) -> AsyncIterator[httpx.AsyncClient]:
    """Open a client that the Chaturbate practice site knows as the operator."""
    async with httpx.AsyncClient(
        base_url=world.chaturbate, trust_env=False, timeout=60, follow_redirects=True
    ) as web:
        form = LexborHTMLParser((await web.get("/auth/login/")).text)
        (token,) = form.css('#main [name="csrfmiddlewaretoken"]')
        fields = {
            "csrfmiddlewaretoken": token.attributes["value"],
            "username": client.USERNAME,
            "password": client.PASSWORD,
        }
        await web.post(
            "/auth/login/", data=fields, headers={"Referer": f"{world.chaturbate}/auth/login/"}
        )
        yield web


def house(
    world: client.Practice,
    database: db.Database,
    folder: Path,
    clients: Clients,
    **sizes: int,
) -> given.House:
    """Return a house whose visits use these clients."""
    text = given.config(world, **sizes)
    chosen = settings.read(text, folder / "greenroom.toml", given.PASSWORDS)
    ready = given.furnished(world, database, chosen, given.PASSWORDS)
    ready.runtime = msgspec.structs.replace(ready.runtime, visit=visiting(clients))
    return ready


def visiting(
    clients: Clients,
) -> Callable[[runs.Account], AbstractAsyncContextManager[walk.Visit]]:
    """Return the way to visit with these clients."""

    @asynccontextmanager
    async def enter(account: runs.Account) -> AsyncIterator[walk.Visit]:
        yield PlainVisit(account.site, clients[account.site])

    return enter
