from __future__ import annotations

import asyncio
import logging
import time
import tracemalloc
from collections.abc import AsyncIterator

import pytest

from scraper import errors, payload
from scraper.fetch import http, routed
from tests.scraper.fetch import given_site


@pytest.fixture
async def fetch() -> AsyncIterator[routed.Fetch]:
    async with http.open_http(deadline=5) as opened:
        yield opened


def ask(site: given_site.Site, path: str, **more: object) -> payload.Request:
    return payload.Request(url=site.url(path), kind="k", via="http", **more)  # type: ignore[arg-type]


async def test_an_answer_comes_with_status_headers_and_exact_bytes(
    fetch: routed.Fetch, site: given_site.Site
) -> None:
    (answer,) = await fetch(ask(site, "/latin"))
    assert (answer.status, answer.body) == (200, given_site.LATIN)
    assert answer.headers["content-type"] == "text/plain; charset=latin-1"


async def test_a_form_and_headers_are_sent(fetch: routed.Fetch, site: given_site.Site) -> None:
    (answer,) = await fetch(
        ask(site, "/echo", method="POST", form={"a": "1 & 2"}, headers={"X-One": "1"})
    )
    seen = given_site.decoded(answer.body)
    assert (seen["form"], seen["headers"]["x-one"]) == ({"a": "1 & 2"}, "1")


async def test_a_packed_answer_is_unpacked(fetch: routed.Fetch, site: given_site.Site) -> None:
    (answer,) = await fetch(ask(site, "/packed"))
    assert answer.body == given_site.PAGE.encode()


async def test_only_kept_keys_and_no_token_are_in_the_payload(
    fetch: routed.Fetch, site: given_site.Site
) -> None:
    (answer,) = await fetch(ask(site, "/private?token=canary", keep=("username",)))
    assert answer.body == b'{"username":"alice"}'
    assert "canary" not in answer.url


async def test_redirects_are_followed_five_times_and_no_more(
    fetch: routed.Fetch, site: given_site.Site
) -> None:
    (answer,) = await fetch(ask(site, "/moved?left=4"))
    assert answer.url == site.url("/page")
    with pytest.raises(errors.TryLater, match="more than 5 redirects"):
        await fetch(ask(site, "/moved?left=5"))


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/reset", "connection_lost"),
        ("/reset-midway", "body_truncated"),
        ("/truncated", "body_truncated"),
        ("/big", "body_too_large"),
        ("/bomb", "body_too_large"),
        ("/elsewhere", "connection_lost"),
    ],
)
async def test_a_broken_answer_is_named_for_its_remedy(
    fetch: routed.Fetch, site: given_site.Site, path: str, code: str
) -> None:
    with pytest.raises(errors.TryLater) as caught:
        await fetch(ask(site, path + "?token=canary"))
    assert caught.value.code == code
    assert caught.value.url == site.url(path) + "?token=***"
    assert "canary" not in caught.value.message


async def test_a_tightly_packed_answer_takes_no_more_memory_than_the_limit(
    fetch: routed.Fetch, site: given_site.Site
) -> None:
    assert len(given_site.packed_zeros()) < 200_000
    tracemalloc.start()
    try:
        with pytest.raises(errors.TryLater):
            await fetch(ask(site, "/bomb"))
        assert tracemalloc.get_traced_memory()[1] < 48 * 1024 * 1024
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("path", ["/stall", "/drip"])
async def test_the_deadline_is_for_the_whole_answer(site: given_site.Site, path: str) -> None:
    async with http.open_http(deadline=0.5) as fetch:
        start = time.monotonic()
        with pytest.raises(errors.TryLater) as caught:
            await fetch(ask(site, path))
    assert caught.value.code == "timed_out"
    assert time.monotonic() - start < 3


async def test_nobody_listening_is_a_lost_connection(fetch: routed.Fetch) -> None:
    with pytest.raises(errors.TryLater) as caught:
        await fetch(payload.Request(url="http://127.0.0.1:9/", kind="k", via="http"))
    assert caught.value.code == "connection_lost"


async def test_many_cancelled_requests_leave_a_client_that_works(
    fetch: routed.Fetch, site: given_site.Site
) -> None:
    for _ in range(30):
        tasks = [asyncio.ensure_future(fetch(ask(site, "/stall"))) for _ in range(6)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    (answer,) = await fetch(ask(site, "/page"))
    assert answer.status == 200


async def test_the_library_does_not_log_addresses(
    fetch: routed.Fetch, site: given_site.Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await fetch(ask(site, "/page?token=canary"))
    assert "canary" not in caplog.text


async def test_a_token_goes_where_the_request_says_and_into_no_payload(
    site: given_site.Site,
) -> None:
    request = ask(
        site,
        "/echo?a=1",
        secrets={"query:token": "{stats}", "header:Authorization": "Bearer {api}"},
    )

    async with http.open_http(5, {"stats": "canary-stats", "api": "canary-api"}) as fetch:
        (answer,) = await fetch(request)

    assert given_site.decoded(answer.body)["headers"]["authorization"] == "Bearer canary-api"
    assert site.seen[-1].endswith("/echo?a=1&token=canary-stats")
    assert answer.url == site.url("/echo?a=1")
    assert answer.request == request


async def test_a_request_for_a_token_that_is_not_there_does_not_leave(
    site: given_site.Site,
) -> None:
    before = len(site.seen)
    async with http.open_http(5, {}) as fetch:
        with pytest.raises(errors.BadConfig, match="stats"):
            await fetch(ask(site, "/echo", secrets={"query:token": "{stats}"}))

    assert len(site.seen) == before


async def test_a_json_body_is_sent_as_it_is(fetch: routed.Fetch, site: given_site.Site) -> None:
    (answer,) = await fetch(ask(site, "/body", method="POST", json_body='{"names":["alice"]}'))

    assert given_site.decoded(answer.body) == {
        "type": "application/json",
        "body": '{"names":["alice"]}',
    }


@pytest.mark.parametrize("path", ["/echoed/:token/?i=1", "/moved-from/:token/"])
async def test_a_token_in_a_path_is_hidden_wherever_the_answer_has_it(
    site: given_site.Site, path: str
) -> None:
    request = ask(site, path, secrets={"path:token": "{events}"})

    async with http.open_http(5, {"events": "canary/+events"}) as fetch:
        (answer,) = await fetch(request)

    assert any("canary/+events" in seen for seen in site.seen)
    assert b"canary" not in answer.body
    assert "canary" not in answer.url
    assert given_site.decoded(answer.body)["next"] == site.url("/echoed/***/?i=2")
    assert answer.request == request


async def test_a_token_in_a_path_is_in_no_error() -> None:
    secrets = {"path:token": "{events}"}
    request = payload.Request(
        url="http://127.0.0.1:9/:token/", kind="k", via="http", secrets=secrets
    )

    async with http.open_http(5, {"events": "canary-events"}) as fetch:
        with pytest.raises(errors.TryLater) as caught:
            await fetch(request)

    assert "canary" not in f"{caught.value.message} {caught.value.url}"
