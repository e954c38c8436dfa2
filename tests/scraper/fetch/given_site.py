"""A little site on loopback with every kind of answer that a fetch must survive."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gzip
import json
import socket
import struct
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib import parse

import uvicorn
from starlette import applications, requests, responses, routing, types

HOME = "<!doctype html><title>home</title><p>home</p>"
PAGE = "<!doctype html><title>page</title>" + "<p>row</p>" * 5000
LATIN = bytes(range(32, 256))
SCRIPTED = """<!doctype html><meta charset=utf-8><title>scripted</title><div id=out></div><script>
for (let i = 0; i < %d; i++) fetch(`%s?i=${i}`).then((r) => r.text());
</script>"""


class Site:
    """The running site: its address, and the requests it has seen."""

    def __init__(self, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.elsewhere = f"http://localhost:{port}"
        self.seen: list[str] = []

    def url(self, path: str) -> str:
        return self.base + path


@contextlib.contextmanager
def running() -> Iterator[Site]:
    """Serve the site from a thread of its own."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    site = Site(listener.getsockname()[1])
    config = uvicorn.Config(
        _app(site), log_level="critical", lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.should_exit = True
        thread.join(10)


def _app(site: Site) -> types.ASGIApp:
    async def noted(scope: types.Scope, receive: types.Receive, send: types.Send) -> None:
        query = scope["query_string"].decode()
        site.seen.append(scope["path"] + (f"?{query}" if query else ""))
        await app(scope, receive, send)

    async def elsewhere(_: requests.Request) -> responses.Response:
        return responses.RedirectResponse(site.elsewhere + "/page", 302)

    app = applications.Starlette(
        routes=[
            *(routing.Route(path, endpoint, methods=["GET", "POST"]) for path, endpoint in PAGES),
            *(routing.Route(path, fault, methods=["GET", "POST"]) for path, fault in FAULTS),
            routing.Route("/elsewhere", elsewhere),
        ]
    )
    return noted


async def home(_: requests.Request) -> responses.Response:
    return responses.HTMLResponse(HOME)


async def page(_: requests.Request) -> responses.Response:
    return responses.HTMLResponse(PAGE)


async def echo(request: requests.Request) -> responses.Response:
    form = dict(parse.parse_qsl((await request.body()).decode(), keep_blank_values=True))
    return responses.JSONResponse(
        {
            "method": request.method,
            "headers": dict(request.headers),
            "cookies": request.cookies,
            "form": form,
        }
    )


async def echoed(request: requests.Request) -> responses.Response:
    """Say where to go on, token and all, as feeds do; sent here from another path as well."""
    coded = parse.quote(request.path_params["token"], safe="")
    if "moved-from" in request.url.path:
        return responses.RedirectResponse(f"/echoed/{coded}/")
    return responses.JSONResponse(
        {"next": f"{request.url.scheme}://{request.url.netloc}/echoed/{coded}/?i=2"}
    )


async def body(request: requests.Request) -> responses.Response:
    said = (await request.body()).decode()
    return responses.JSONResponse({"type": request.headers["content-type"], "body": said})


async def sign_in(request: requests.Request) -> responses.Response:
    if request.method == "GET":
        return responses.HTMLResponse(
            "<!doctype html><form method=post action=/sign-in>"
            "<input type=hidden name=csrfmiddlewaretoken value=form-canary>"
            "<input name=username><input name=password type=password>"
            "<button type=submit>Go</button></form>"
        )
    form = dict(parse.parse_qsl((await request.body()).decode(), keep_blank_values=True))
    if form["password"] != "right":
        return responses.HTMLResponse("<p>wrong</p>", 200)
    answer = responses.RedirectResponse("/member", 303)
    answer.set_cookie("sessionid", "session-canary", httponly=True, max_age=3600)
    answer.set_cookie("csrftoken", "a%3Db%20c", max_age=3600)
    answer.set_cookie("hidden", "h%3D1", httponly=True)
    return answer


async def member(request: requests.Request) -> responses.Response:
    if request.cookies.get("sessionid") != "session-canary":
        return responses.RedirectResponse("/sign-in", 302)
    return responses.HTMLResponse(
        "<!doctype html><p>member</p><script>localStorage.setItem('theme', 'dark')</script>"
    )


async def stored(_: requests.Request) -> responses.Response:
    return responses.HTMLResponse(
        "<!doctype html><p id=out></p>"
        "<script>out.textContent = localStorage.getItem('theme')</script>"
    )


async def latin(_: requests.Request) -> responses.Response:
    return responses.Response(LATIN, headers={"content-type": "text/plain; charset=latin-1"})


async def status(request: requests.Request) -> responses.Response:
    code = int(request.query_params["code"])
    body = request.query_params.get("body", "")
    headers = {"retry-after": "7", "x-secret": "header-canary", "cf-mitigated": "challenge"}
    return responses.HTMLResponse(body, code, headers=headers)


async def moved(request: requests.Request) -> responses.Response:
    left = int(request.query_params["left"])
    return responses.RedirectResponse(f"/moved?left={left - 1}" if left else "/page", 302)


async def config(request: requests.Request) -> responses.Response:
    """What the application of a site knows of its visitor: a token for those signed in."""
    if request.query_params.get("status"):
        body = request.query_params.get("body", "slow")
        return responses.HTMLResponse(body, int(request.query_params["status"]))
    if request.query_params.get("page"):
        return responses.HTMLResponse(HOME)
    token = "jwt%2Fcanary" if "sessionid" in request.cookies else None
    return responses.JSONResponse({"user": {"name": "alice", "jwt": token}, "empty": []})


async def private(_: requests.Request) -> responses.Response:
    return responses.JSONResponse(
        {"username": "alice", "chat_password": "json-canary", "nested": {"a": [1, 2.50]}, "age": 30}
    )


async def big(_: requests.Request) -> responses.Response:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(9 * 16):
            yield b"x" * 65536

    return responses.StreamingResponse(parts(), media_type="text/plain")


async def heavy(_: requests.Request) -> responses.Response:
    return responses.HTMLResponse(f"<p>x</p><!--{'x' * (9 * 1024 * 1024)}-->")


async def scripted(request: requests.Request) -> responses.Response:
    count = int(request.query_params.get("n", "1"))
    return responses.HTMLResponse(SCRIPTED % (count, request.query_params.get("api", "/api/list")))


async def api_list(request: requests.Request) -> responses.Response:
    index = request.query_params.get("i", "0")

    async def parts() -> AsyncIterator[bytes]:
        yield b'{"i": '
        await asyncio.sleep(0.05)
        yield f'{index}, "rows": "{"x" * 2000}"}}'.encode()

    return responses.StreamingResponse(parts(), media_type="application/json")


async def never(_: requests.Request) -> responses.Response:
    async def parts() -> AsyncIterator[bytes]:
        yield b'{"begun": '
        await asyncio.sleep(60)

    return responses.StreamingResponse(parts(), media_type="application/json")


async def nuisance(_: requests.Request) -> responses.Response:
    return responses.HTMLResponse(
        "<!doctype html><script>window.open('/page'); alert('a'); confirm('b'); prompt('c');"
        "</script><p>calm</p><a href=/attachment id=get>get</a>"
    )


async def attachment(_: requests.Request) -> responses.Response:
    headers = {"content-disposition": "attachment; filename=a.bin"}
    return responses.Response(b"file", headers=headers)


async def loop(_: requests.Request) -> responses.Response:
    """A page that spins for ever as soon as somebody fetches."""
    return responses.HTMLResponse(
        "<!doctype html><p>x</p><script>window.fetch = () => { for (;;); }</script>"
    )


async def moving(_: requests.Request) -> responses.Response:
    return responses.HTMLResponse("<!doctype html><p>x</p><script>location = '/page'</script>")


async def form(request: requests.Request) -> responses.Response:
    """A form whose button leads to `to`, or nowhere."""
    to = request.query_params.get("to")
    kind = f"submit formmethod=post formaction={to}" if to else "button"
    return responses.HTMLResponse(f"<!doctype html><form><button type={kind}>Go</button></form>")


async def covered(_: requests.Request) -> responses.Response:
    return responses.HTMLResponse(
        "<!doctype html><form><button type=submit>Go</button></form>"
        "<div style='position: fixed; inset: 0'>Are you of age?</div>"
    )


async def polling(_: requests.Request) -> responses.Response:
    return responses.HTMLResponse(
        "<!doctype html><p>x</p>"
        "<script>setInterval(() => fetch('/api/never?p=' + Math.random()), 10)</script>"
    )


async def packed(_: requests.Request) -> responses.Response:
    return responses.Response(
        gzip.compress(PAGE.encode()), headers={"content-encoding": "gzip"}, media_type="text/html"
    )


@functools.cache
def packed_zeros() -> bytes:
    """A hundred mebibytes in a hundred kilobytes."""
    return gzip.compress(bytes(100 * 1024 * 1024), 9)


async def bomb(_: requests.Request) -> responses.Response:
    return responses.Response(packed_zeros(), headers={"content-encoding": "gzip"})


async def event_feed(_: requests.Request) -> responses.Response:
    return responses.JSONResponse({"events": []})


PAGES: list[tuple[str, Any]] = [
    ("/", home),
    ("/page", page),
    ("/echo", echo),
    ("/echoed/{token:path}/", echoed),
    ("/moved-from/{token:path}/", echoed),
    ("/body", body),
    ("/sign-in", sign_in),
    ("/member", member),
    ("/stored", stored),
    ("/latin", latin),
    ("/status", status),
    ("/moved", moved),
    ("/private", private),
    ("/config", config),
    ("/big", big),
    ("/heavy", heavy),
    ("/scripted", scripted),
    ("/api/list", api_list),
    ("/api/never", never),
    ("/nuisance", nuisance),
    ("/attachment", attachment),
    ("/loop", loop),
    ("/moving", moving),
    ("/form", form),
    ("/covered", covered),
    ("/polling", polling),
    ("/packed", packed),
    ("/bomb", bomb),
    ("/events/alice/path-canary/", event_feed),
]


class Reset:
    """Closes the connection with a RST instead of an answer."""

    async def __call__(self, _scope: types.Scope, receive: Any, _send: types.Send) -> None:
        _reset(receive)


class ResetMidway:
    """Begins a body, then closes the connection with a RST."""

    async def __call__(self, _scope: types.Scope, receive: Any, send: types.Send) -> None:
        await _begin(send, length=1000)
        await asyncio.sleep(0.1)
        _reset(receive)


class Truncated:
    """Promises more bytes than it sends."""

    async def __call__(self, _scope: types.Scope, _receive: Any, send: types.Send) -> None:
        await _begin(send, length=1000)


class Stall:
    """Takes the request and says nothing."""

    async def __call__(self, _scope: types.Scope, _receive: Any, _send: types.Send) -> None:
        await asyncio.sleep(60)


class Drip:
    """Sends one byte now and then, for ever: no read timeout would notice."""

    async def __call__(self, _scope: types.Scope, _receive: Any, send: types.Send) -> None:
        await _begin(send, length=1000)
        for _ in range(600):
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
            await asyncio.sleep(0.1)


FAULTS: list[tuple[str, Any]] = [
    ("/reset", Reset()),
    ("/reset-midway", ResetMidway()),
    ("/truncated", Truncated()),
    ("/stall", Stall()),
    ("/drip", Drip()),
]


async def _begin(send: types.Send, *, length: int) -> None:
    headers = [(b"content-type", b"text/html"), (b"content-length", str(length).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"<p>begun", "more_body": True})


def _reset(receive: Any) -> None:
    transport = receive.__self__.transport
    linger = struct.pack("ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()


def decoded(body: bytes) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(body)
    return value
