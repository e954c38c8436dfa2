"""A house without a browser, for tests of what becomes of answers: many runs in little time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
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


class PlainVisit:
    """Answers requests over plain HTTP, signed in as the operator."""

    restored = True

    def __init__(self, web: httpx.AsyncClient) -> None:
        self._web = web

    async def fetch(self, request: payload.Request) -> tuple[payload.Payload, ...]:
        got = await self._web.request(
            request.method, request.url, headers=request.headers, data=request.form
        )
        answer = answers.answer(
            request,
            url=str(got.url),
            status=got.status_code,
            headers=dict(got.headers),
            body=got.content,
        )
        return (answer,)

    async def sign_in(self) -> None:
        raise AssertionError("the session must hold")

    async def answer(self, asked: errors.NeedsOperator) -> None:
        raise asked

    async def hold(self, seconds: float) -> None:
        raise AssertionError(f"nobody asks to wait {seconds} s")


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
    web: httpx.AsyncClient,
    **sizes: int,
) -> given.House:
    """Return a house whose visits use this client."""
    text = given.config(world, **sizes)
    chosen = settings.read(text, folder / "greenroom.toml", given.PASSWORDS)
    ready = given.furnished(world, database, chosen, given.PASSWORDS)
    ready.runtime = msgspec.structs.replace(ready.runtime, visit=_visiting(web))
    return ready


def _visiting(
    web: httpx.AsyncClient,
) -> Callable[[runs.Account], AbstractAsyncContextManager[walk.Visit]]:
    """Return the way to visit with this client."""

    @asynccontextmanager
    async def enter(_account: runs.Account) -> AsyncIterator[walk.Visit]:
        yield PlainVisit(web)

    return enter
