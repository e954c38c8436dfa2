"""Plain HTTP without an account: for interfaces that need no browser."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from urllib import parse

import httpx

from scraper import errors, payload, redact
from scraper.fetch import answers, routed

DEADLINE = 30.0
"""Seconds that one answer may take in all, redirects included."""

REDIRECTS = 5
"""How often one request is sent on before it counts as going in circles."""


@contextlib.asynccontextmanager
async def open_http(
    deadline: float = DEADLINE, tokens: Mapping[str, str] | None = None, *, whole: bool = False
) -> AsyncIterator[routed.Fetch]:
    """Open a client for one run; gives a Fetch for requests with `via="http"`.

    `whole`: for the doors of talks, whose answers are asked for because of the secrets in them.
    Nothing in their bodies is hidden, so they must not be kept.

    An answer may take `deadline` seconds, and as many more as the request's `wait` asks the other
    side to wait for something to tell.

    `tokens` are put where a request's `secrets` say; no Payload holds them. One that stands in a
    path comes back in the addresses that a site writes into its answers: it is hidden wherever it
    stands in these.

    The Fetch raises TryLater (`connection_lost`, `timed_out`, `body_truncated`,
    `body_too_large`).
    """
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)  # they log full URLs, tokens and all
    async with contextlib.AsyncExitStack() as stack:
        opened: list[httpx.AsyncClient] = []

        async def fetch(request: payload.Request) -> tuple[payload.Payload, ...]:
            if not opened:
                opened.append(await stack.enter_async_context(_client(deadline)))
            client = opened[-1]
            try:
                with _named(request.url):
                    async with asyncio.timeout(deadline + _waits(request)):
                        return (await _answer(client, request, tokens or {}, whole=whole),)
            except BaseException:
                opened.clear()  # a client never gets back the connections of a cancelled request
                raise

        yield fetch


def _waits(request: payload.Request) -> int:
    """Return how long (seconds) the other side may wait for something to tell."""
    return int(request.context.get("wait", 0))


def _client(deadline: float) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        timeout=httpx.Timeout(None, connect=min(deadline, 10.0)),
        limits=httpx.Limits(max_connections=4, max_keepalive_connections=2),
    )


async def _answer(
    client: httpx.AsyncClient,
    request: payload.Request,
    tokens: Mapping[str, str],
    *,
    whole: bool,
) -> payload.Payload:
    outgoing = _filled(client, request, tokens)
    for _ in range(REDIRECTS + 1):
        response = await client.send(outgoing, stream=True)
        try:
            if response.next_request is None:
                return await _read(response, request, tokens, whole=whole)
            outgoing = _followed(outgoing, response.next_request)
        finally:
            await response.aclose()
    raise errors.TryLater("connection_lost", f"more than {REDIRECTS} redirects")


def _filled(
    client: httpx.AsyncClient, request: payload.Request, tokens: Mapping[str, str]
) -> httpx.Request:
    """Return the request with the account's tokens in their places. Raises BadConfig."""
    url, headers = httpx.URL(request.url), {"accept-encoding": "gzip", **request.headers}
    for place, text in request.secrets.items():
        where, _, name = place.partition(":")
        try:
            value = text.format_map(tokens)
        except KeyError as error:
            raise errors.BadConfig("bad_request", f"the errand has no token {error}") from None
        if where == "query":
            url = url.copy_merge_params({name: value})
        elif where == "path":
            segment = f"/:{name}/".encode()
            coded = parse.quote(value, safe="").encode()
            url = url.copy_with(raw_path=url.raw_path.replace(segment, b"/%b/" % coded, 1))
        else:
            headers[name] = value
    if request.json_body is not None:
        headers["content-type"] = "application/json"
        body = request.json_body.encode()
        return client.build_request(request.method, url, headers=headers, content=body)
    return client.build_request(request.method, url, headers=headers, data=request.form)


def _public(url: httpx.URL, request: payload.Request, tokens: Mapping[str, str]) -> str:
    """Return where an answer came from, without the places of secrets."""
    for place in request.secrets:
        if place.startswith("query:"):
            url = url.copy_remove_param(place.removeprefix("query:"))
    return redact.literally(str(url), _in_path(request, tokens))


def _in_path(request: payload.Request, tokens: Mapping[str, str]) -> list[str]:
    """Return the secrets that stood in the request's path."""
    places = (text for place, text in request.secrets.items() if place.startswith("path:"))
    return [text.format_map(tokens) for text in places]


def _without(body: bytes, secrets: list[str]) -> bytes:
    return redact.literally(body.decode("latin-1"), secrets).encode("latin-1") if secrets else body


def _followed(asked: httpx.Request, then: httpx.Request) -> httpx.Request:
    if asked.url.host != then.url.host:
        raise errors.TryLater(
            "connection_lost", f"the site redirected to {then.url.host}, another host"
        )
    return then


async def _read(
    response: httpx.Response,
    request: payload.Request,
    tokens: Mapping[str, str],
    *,
    whole: bool,
) -> payload.Payload:
    body = bytearray()
    unpack = _unpacker(response.headers.get("content-encoding", "identity"))
    try:
        async for chunk in response.aiter_raw():
            body += unpack(chunk, answers.BODY_LIMIT + 1 - len(body))
            if len(body) > answers.BODY_LIMIT:
                raise errors.TryLater("body_too_large", f"more than {answers.BODY_LIMIT} bytes")
    except (httpx.NetworkError, httpx.RemoteProtocolError, zlib.error) as error:
        raise errors.TryLater("body_truncated", type(error).__name__) from None
    return answers.answer(
        request,
        url=_public(response.url, request, tokens) if request.secrets else str(response.url),
        status=response.status_code,
        headers=response.headers,
        body=_without(bytes(body), _in_path(request, tokens)),
        whole=whole,
    )


def _unpacker(encoding: str) -> Callable[[bytes, int], bytes]:
    """Return what unpacks a chunk into at most so many bytes, be it ever so tightly packed."""
    if encoding == "identity":
        return lambda chunk, room: chunk[:room]
    if encoding == "gzip":
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress
    raise errors.TryLater("body_truncated", f"the answer is packed as {encoding}")


@contextlib.contextmanager
def _named(url: str) -> Iterator[None]:
    """Name every trouble for its remedy; no message of the library's own, for it shows the URL."""
    where = redact.url(url)
    try:
        yield
    except errors.TryLater as error:
        raise errors.TryLater(error.code, error.message, url=where) from None
    except (TimeoutError, httpx.TimeoutException):
        raise errors.TryLater("timed_out", url=where) from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise errors.TryLater("connection_lost", type(error).__name__, url=where) from None
