"""A talk over a real socket: what is heard is given out once, in order, before any loss is told."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import msgspec
import pytest
from websockets.asyncio import server
from websockets.http11 import Request, Response

from scraper import errors, payload, talk
from scraper.fetch import answers, socket

ASKED = payload.Request(url="https://site.invalid/alice", kind="live", via="socket")
QUICK = msgspec.structs.replace(ASKED, context={"wait": 0})
SECRET = "canary-ticket"
Serves = Callable[[server.ServerConnection], Awaitable[None]]


class Said:
    """A talk in which every word is kept but for a few that mean something."""

    def __init__(self, url: str, *, door: bool = False, **facts: Any) -> None:
        self.url = url
        self.ping: str | None = facts.get("ping")
        self.silence: float = facts.get("silence", 5.0)
        self.door = msgspec.structs.replace(ASKED, via="http") if door else None
        self.heard: list[str] = []

    def begin(
        self, answer: payload.Payload | None, tokens: Mapping[str, str]
    ) -> talk.Opening | payload.Request:
        if answer is not None and answer.request.kind == "live":
            return payload.Request(url="https://site.invalid/ticket", kind="second", via="http")
        ticket = answer.body.decode() if answer else tokens.get("ticket", "none")
        return talk.Opening(url=f"{self.url}/?ticket={ticket}", say=(f"hello {ticket}",))

    def hear(self, frame: str) -> talk.Heard:
        self.heard.append(frame)
        word, _, rest = frame.partition(" ")
        if word == "refused":
            raise errors.NeedsOperator("token_refused")
        if word == "secret":
            return talk.Heard(keep=True, text="hidden")
        moved = talk.Opening(url=rest, say=("moved",)) if word == "move" else None
        answer = ("pong",) if word == "ping" else ()
        quiet = word in {"ping", "live", "move"}
        return talk.Heard(say=answer, keep=not quiet, live=word == "live", move=moved)


@contextlib.asynccontextmanager
async def served(serve: Serves, **facts: Any) -> AsyncIterator[str]:
    async with server.serve(serve, "127.0.0.1", 0, close_timeout=0.2, **facts) as running:
        port = next(iter(running.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}"


async def nobody(request: payload.Request) -> tuple[payload.Payload, ...]:
    raise AssertionError(request.url)


def words(came: tuple[payload.Payload, ...]) -> list[str]:
    return [frame.text for answer in came for frame in talk.heard(answer)]


async def all_words(line: socket.Line) -> tuple[list[str], errors.GreenroomError]:
    found: list[str] = []
    while True:
        try:
            found += words(await line(ASKED))
        except errors.GreenroomError as error:
            return found, error


def saying(*frames: str) -> Serves:
    async def serve(connection: server.ServerConnection) -> None:
        await connection.recv()
        for frame in frames:
            await connection.send(frame)
        await connection.wait_closed()

    return serve


async def test_what_is_there_is_one_payload_with_the_times_of_arrival() -> None:
    async with (
        served(saying("one", "two", "three")) as url,
        socket.open_socket(Said(f"{url}/feed"), nobody) as line,
    ):
        (answer,) = await line(ASKED)

    frames = talk.heard(answer)
    assert [frame.text for frame in frames] == ["one", "two", "three"]
    assert frames[0].at < frames[1].at < frames[2].at == answer.fetched_at
    assert (answer.status, answer.request, answer.headers) == (200, ASKED, {})
    assert answer.url == f"{url}/feed/"


async def test_a_silence_is_nothing_that_was_heard() -> None:
    async with (
        served(saying("ping", "one")) as url,
        socket.open_socket(Said(url), nobody) as line,
    ):
        (answer,) = await line(ASKED)
        heard, silent = line.heard_at, await line(QUICK)

    assert (silent, line.heard_at) == ((), heard)
    assert heard <= answer.fetched_at


async def test_nothing_worth_keeping_is_no_payload() -> None:
    async with (
        served(saying("ping")) as url,
        socket.open_socket(Said(url), nobody) as line,
    ):
        assert await line(QUICK) == ()


async def test_a_fetch_returns_at_once_where_the_line_goes_live() -> None:
    async with (
        served(saying("live")) as url,
        socket.open_socket(Said(url), nobody) as line,
    ):
        async with asyncio.timeout(5):
            assert await line(ASKED) == ()
        assert line.live.is_set()


async def test_a_line_hears_once_it_is_live_and_tells_why_it_never_will() -> None:
    async with (
        served(saying("ping", "live")) as url,
        socket.open_socket(Said(url), nobody) as line,
    ):
        assert await line.hears()
        assert line.live.is_set()
    async with (
        served(saying("ping", "refused")) as url,
        socket.open_socket(Said(url), nobody) as line,
    ):
        with pytest.raises(errors.NeedsOperator):
            await line.hears()


async def test_a_ping_is_answered_and_what_must_not_be_kept_is_replaced() -> None:
    answered: list[Any] = []

    async def serve(connection: server.ServerConnection) -> None:
        await connection.recv()
        await connection.send("ping")
        answered.append(await connection.recv())
        await connection.send("secret name")
        await connection.wait_closed()

    async with served(serve) as url, socket.open_socket(Said(url), nobody) as line:
        assert words(await line(ASKED)) == ["hidden"]
    assert answered == ["pong"]


async def test_the_doors_are_asked_first_and_their_secrets_are_in_no_payload_error_or_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    asked: list[str] = []

    async def ask(request: payload.Request) -> tuple[payload.Payload, ...]:
        asked.append(request.url)
        return (msgspec.structs.replace(ANSWER, request=request),)

    async def serve(connection: server.ServerConnection) -> None:
        assert await connection.recv() == f"hello {SECRET}"
        await connection.send("word")
        await connection.close(1011, SECRET)

    async with served(serve) as url, socket.open_socket(Said(url, door=True), ask) as line:
        (answer,) = await line(ASKED)
        with pytest.raises(errors.TryLater) as lost:
            await line(ASKED)

    assert asked == ["https://site.invalid/alice", "https://site.invalid/ticket"]
    told = repr((answer, lost.value, lost.value.url, lost.value.message, line))
    assert SECRET not in told + caplog.text


ANSWER = payload.Payload(
    request=ASKED,
    url="https://site.invalid/",
    status=200,
    body=SECRET.encode(),
    fetched_at=datetime(2026, 11, 21, 8, tzinfo=UTC),
)


async def test_a_talk_goes_on_over_another_socket_where_it_moves() -> None:
    found: list[str] = []
    answer = ANSWER
    async with (
        served(saying("after")) as other,
        served(saying("before", f"move {other}/x?ticket={SECRET}")) as url,
        socket.open_socket(Said(url), nobody) as line,
    ):
        while "after" not in found:
            (answer,) = await line(ASKED)
            found += words((answer,))
    assert found == ["before", "after"]
    assert answer.url == f"{other}/x"


async def test_frames_that_came_before_a_loss_are_given_out_first() -> None:
    async def serve(connection: server.ServerConnection) -> None:
        await connection.recv()
        for number in range(1200):
            await connection.send(str(number))

    async with served(serve) as url, socket.open_socket(Said(url), nobody) as line:
        found, error = await all_words(line)

    assert found == [str(number) for number in range(1200)]
    assert (type(error), error.code) == (errors.TryLater, "connection_lost")


async def test_a_connection_that_breaks_without_a_word_is_lost() -> None:
    async def serve(connection: server.ServerConnection) -> None:
        await connection.recv()
        await connection.send("last")
        connection.transport.abort()

    async with served(serve) as url, socket.open_socket(Said(url), nobody) as line:
        found, error = await all_words(line)

    assert (found in (["last"], []), error.code) == (True, "connection_lost")


async def test_a_silent_connection_is_asked_twice_and_then_lost() -> None:
    pings: list[Any] = []

    async def serve(connection: server.ServerConnection) -> None:
        pings.extend([word async for word in connection])

    async with (
        served(serve) as url,
        socket.open_socket(Said(url, ping="still there?", silence=0.03), nobody) as line,
    ):
        _, error = await all_words(line)

    assert (type(error), error.code) == (errors.TryLater, "timed_out")
    assert pings == ["hello none", "still there?", "still there?"]


async def test_an_answer_to_a_ping_keeps_the_connection() -> None:
    asked = asyncio.Event()

    async def serve(connection: server.ServerConnection) -> None:
        pings = 0
        async for word in connection:
            if word == "still there?":
                pings += 1
                await connection.send("live")
            if pings == 5:
                asked.set()

    async with (
        served(serve) as url,
        socket.open_socket(Said(url, ping="still there?", silence=0.03), nobody) as line,
    ):
        async with asyncio.timeout(5):
            await asked.wait()
        assert await line(QUICK) == ()


async def test_what_the_talk_raises_is_raised_after_what_came_before() -> None:
    async with (
        served(saying("one", "refused")) as url,
        socket.open_socket(Said(url), nobody) as line,
    ):
        found, error = await all_words(line)

    assert (found, type(error), error.code) == (["one"], errors.NeedsOperator, "token_refused")


async def test_a_frame_beyond_the_limit_ends_the_connection() -> None:
    async with (
        served(saying("one", "x" * (answers.BODY_LIMIT + 1))) as url,
        socket.open_socket(Said(url), nobody) as line,
    ):
        found, error = await all_words(line)

    assert (found, error.code) == (["one"], "body_too_large")


async def test_who_does_not_fetch_makes_the_other_side_wait_and_loses_nothing() -> None:
    sent = 0
    total = 20_000  # of 2 kB: more than the system keeps for two sockets

    async def serve(connection: server.ServerConnection) -> None:
        nonlocal sent
        await connection.recv()
        for sent in range(1, total + 1):
            await connection.send(f"{sent:07} {'x' * 2000}")

    async with (
        served(serve, compression=None) as url,
        socket.open_socket(said := Said(url), nobody) as line,
    ):
        heard, before = -1, -2
        while heard != before:
            before = heard
            await asyncio.sleep(0.05)
            heard = len(said.heard)
        assert heard == 2 * socket.FRAMES
        assert sent < total
        found, _ = await all_words(line)
    assert [int(word.partition(" ")[0]) for word in found] == list(range(1, total + 1))


async def test_a_cancelled_fetch_drops_nothing_and_leaving_ends_the_connection() -> None:
    closed = asyncio.Event()

    async def serve(connection: server.ServerConnection) -> None:
        await connection.recv()
        await connection.send("one")
        await connection.wait_closed()
        closed.set()

    async with served(serve) as url:
        async with socket.open_socket(Said(url), nobody) as line:
            fetching = asyncio.create_task(line(ASKED))
            await asyncio.sleep(0.01)
            fetching.cancel()
            await asyncio.gather(fetching, return_exceptions=True)
            assert words(await line(ASKED)) == ["one"]
        async with asyncio.timeout(5):
            await closed.wait()


@pytest.mark.parametrize(
    ("status", "headers", "tokens", "error", "code"),
    [
        (429, {"Retry-After": "7"}, {}, errors.TryLater, "throttled"),
        (503, {}, {}, errors.TryLater, "server_error"),
        (403, {"CF-Mitigated": "challenge"}, {}, errors.NeedsOperator, "challenge"),
        (403, {}, {"ticket": SECRET}, errors.NeedsOperator, "token_refused"),
        (401, {}, {}, errors.Refused, "forbidden"),
        (404, {}, {}, errors.TryLater, "connection_lost"),
        (302, {"Location": "ws://127.0.0.1:9/"}, {}, errors.TryLater, "connection_lost"),
    ],
)
async def test_a_refused_handshake_is_named_for_its_remedy(
    status: int,
    headers: Mapping[str, str],
    tokens: Mapping[str, str],
    error: type[errors.GreenroomError],
    code: str,
) -> None:
    def refuse(connection: server.ServerConnection, _asked: Request) -> Response:
        answer = connection.respond(HTTPStatus(status), "no")
        answer.headers.update(headers)
        return answer

    async with served(saying(), process_request=refuse) as url:
        with pytest.raises(error) as refused:
            async with socket.open_socket(Said(url), nobody, tokens):
                pass

    assert refused.value.code == code
    assert refused.value.retry_after == (7.0 if status == 429 else None)
    assert SECRET not in repr(refused.value) + str(refused.value.url)


async def test_a_socket_that_is_not_there_is_tried_later() -> None:
    with pytest.raises(errors.TryLater) as lost:
        async with socket.open_socket(Said("ws://127.0.0.1:9"), nobody):
            pass

    assert lost.value.code == "connection_lost"


async def test_a_talk_may_not_ask_without_end() -> None:
    class Endless(Said):
        def begin(self, *_: object) -> payload.Request:
            return ASKED

    async def ask(_request: payload.Request) -> tuple[payload.Payload, ...]:
        return (ANSWER,)

    with pytest.raises(errors.PageChanged, match="doors"):
        async with socket.open_socket(Endless("ws://127.0.0.1:9", door=True), ask):
            pass


async def test_no_browser_is_played() -> None:
    seen: dict[str, str] = {}

    async def serve(connection: server.ServerConnection) -> None:
        asked = connection.request
        seen.update(dict(asked.headers.raw_items()) if asked else {})

    async with served(serve) as url, socket.open_socket(Said(url), nobody) as line:
        await all_words(line)

    assert "Origin" not in seen
    assert seen["User-Agent"].startswith("Python/")


def test_a_body_of_frames_is_json_lines() -> None:
    frame = talk.Frame(at=ANSWER.fetched_at, text='{"a": "\u2028\\ud83d"}\n{}')
    body = talk.body([frame, frame])

    assert [json.loads(line)["text"] for line in body.splitlines()] == [frame.text] * 2
    assert talk.frames(body) == [frame, frame]


@pytest.mark.parametrize(
    ("said", "base", "fine"),
    [
        ("wss://ws-7.site.invalid/x", "https://site.invalid", True),
        ("wss://site.invalid:3000", "https://site.invalid", True),
        ("ws://ws.site.invalid/x", "https://site.invalid", False),
        ("wss://evilsite.invalid/x", "https://site.invalid", False),
        ("wss://site.invalid@elsewhere.invalid/", "https://site.invalid", False),
        ("wss://127.0.0.1/x", "https://site.invalid", False),
        ("wss://[", "https://site.invalid", False),
        ("", "https://site.invalid", False),
        ("ws://127.0.0.1:8/x", "http://127.0.0.1:9", True),
        ("wss://site.invalid/x", "http://127.0.0.1:9", False),
    ],
)
def test_secrets_only_go_to_encrypted_sockets_of_the_site(said: str, base: str, fine: bool) -> None:
    if fine:
        assert talk.address(said, "site.invalid", base) == said
        return
    with pytest.raises(errors.PageChanged):
        talk.address(said, "site.invalid", base)
