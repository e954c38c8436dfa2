from __future__ import annotations

import pytest

from scraper import errors, payload
from scraper.fetch import answers, routed


def replying(body: bytes) -> routed.Fetch:
    async def fetch(request: payload.Request) -> tuple[payload.Payload, ...]:
        return (answers.answer(request, url=request.url, status=200, headers={}, body=body),)

    return fetch


def ask(via: payload.Via) -> payload.Request:
    return payload.Request(url="http://127.0.0.1/", kind="k", via=via)


async def test_each_request_goes_the_way_it_names() -> None:
    fetch = routed.routed({"page_fetch": replying(b"page"), "http": replying(b"plain")})
    assert [(await fetch(ask(via)))[0].body for via in ("http", "page_fetch")] == [
        b"plain",
        b"page",
    ]


async def test_a_way_that_is_not_open_is_an_error_of_ours() -> None:
    fetch = routed.routed({"http": replying(b"")})
    with pytest.raises(errors.BadConfig):
        await fetch(ask("navigate"))


async def test_a_paced_fetch_waits_for_its_turn_every_time() -> None:
    turns = []

    async def turn() -> None:
        turns.append(1)

    fetch = routed.paced(replying(b"x"), turn)
    await fetch(ask("http"))
    await fetch(ask("http"))
    assert len(turns) == 2
