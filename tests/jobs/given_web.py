"""A house without a browser, for tests of what becomes of answers: many runs in little time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
)
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

    def __init__(self, site: str, web: httpx.AsyncClient, deadline: float) -> None:
        self._site = site
        self._web = web
        self._deadline = deadline

    async def fetch(self, request: payload.Request) -> tuple[payload.Payload, ...]:
        with _named():
            async with asyncio.timeout(self._deadline):
                got = await self._web.request(
                    request.method,
                    request.url,
                    headers={"Referer": f"{self._web.base_url}/", **request.headers},
                    data=self._form(request),
                )
        if len(got.content) > answers.BODY_LIMIT:
            raise errors.TryLater("body_too_large")
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

    async def throttled(self, _retry_after: float | None) -> None:
        """Go on at once: there is nobody else to keep quiet."""


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
    timeout: float = 15,
    **sizes: int,
) -> given.House:
    """Return a house whose visits use these clients."""
    text = given.config(world, timeout, **sizes)
    chosen = settings.read(text, folder / "greenroom.toml", given.PASSWORDS)
    ready = given.furnished(world, database, chosen, given.PASSWORDS)
    ready.runtime = msgspec.structs.replace(ready.runtime, visit=visiting(clients, timeout))
    return ready


def visiting(
    clients: Clients, deadline: float = 60
) -> Callable[[runs.Account], AbstractAsyncContextManager[walk.Visit]]:
    """Return the way to visit with these clients, of which each answer may take `deadline` s."""

    @asynccontextmanager
    async def enter(account: runs.Account) -> AsyncIterator[walk.Visit]:
        yield PlainVisit(account.site, clients[account.site], deadline)

    return enter


@contextmanager
def _named() -> Iterator[None]:
    """Name troubles on the way as a tab does."""
    try:
        yield
    except TimeoutError:
        raise errors.TryLater("timed_out") from None
    except httpx.RemoteProtocolError:
        raise errors.TryLater("body_truncated") from None
    except httpx.HTTPError as error:
        raise errors.TryLater("connection_lost", type(error).__name__) from None
