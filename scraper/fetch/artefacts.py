"""What a tab can show of where it stopped: a picture, the page, the requests. Without secrets."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
from playwright import async_api

from scraper import redact

LARGEST = 4 * 1024 * 1024
"""Bytes of a picture or a page that are still kept; of a larger one nothing is."""

LATEST = 200
"""Requests that are remembered."""

LOOKING = 1.5
"""Seconds that reading the page may take, and again the picture."""

SECRET_FROM = 8
"""Characters from which a cookie's value is hidden wherever it stands; shorter ones say little."""

_PAGE = """(limit) => {
  const root = document.documentElement;
  if (!root || root.outerHTML.length > limit) return null;
  const copy = root.cloneNode(true);
  for (const field of copy.querySelectorAll("input[value], button[value]"))
    field.setAttribute("value", "");
  for (const field of copy.querySelectorAll("textarea")) field.textContent = "";
  const token = /csrf|token|secret|nonce/i;
  for (const meta of copy.querySelectorAll("meta[name][content]"))
    if (token.test(meta.getAttribute("name"))) meta.setAttribute("content", "***");
  for (const script of copy.querySelectorAll("[nonce]")) script.setAttribute("nonce", "***");
  return copy.outerHTML;
}"""

_ADDRESS = re.compile(r"""(?:https?|wss?)(?:://|:\\/\\/)[^\s"'<>\\]+(?:\\/[^\s"'<>\\]*)*""")


class Asked(msgspec.Struct, kw_only=True):
    """A request of the visit: never its headers or bodies.

    `ms` is the time until the answer was whole, `bytes` the length that it announced; both, and
    `status`, are None where there is no such thing. `failed` is the browser's own reason.
    """

    time: datetime
    method: str
    url: str
    status: int | None = None
    kind: str
    ms: float | None = None
    bytes: int | None = None
    failed: str | None = None


class Log:
    """The latest requests of a tab, oldest first."""

    def __init__(self) -> None:
        self._asked: collections.deque[Asked] = collections.deque(maxlen=LATEST)
        self._open: dict[async_api.Request, tuple[Asked, float]] = {}

    def listen(self, context: async_api.BrowserContext) -> None:
        """Remember what the pages of this context ask for, from now on."""
        self._open.clear()
        context.on("request", self._on_request)
        context.on("response", self._on_response)
        context.on("requestfinished", self._close)
        context.on("requestfailed", lambda request: self._close(request, request.failure))

    def latest(self) -> tuple[Asked, ...]:
        """Return what is remembered."""
        return tuple(self._asked)

    def _on_request(self, request: async_api.Request) -> None:
        if len(self._open) >= LATEST:
            del self._open[next(iter(self._open))]
        asked = Asked(
            time=datetime.now(UTC),
            method=request.method,
            url=redact.url(request.url),
            kind=request.resource_type,
        )
        self._asked.append(asked)
        self._open[request] = (asked, asyncio.get_running_loop().time())

    def _on_response(self, response: async_api.Response) -> None:
        asked, _ = self._open.get(response.request, (None, 0.0))
        if asked is not None:
            asked.status = response.status
            length = response.headers.get("content-length", "")
            asked.bytes = int(length) if length.isascii() and length.isdigit() else None

    def _close(self, request: async_api.Request, failure: str | None = None) -> None:
        asked, began = self._open.pop(request, (None, 0.0))
        if asked is not None:
            asked.ms = round((asyncio.get_running_loop().time() - began) * 1000, 1)
            asked.failed = failure


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """Where a tab stands. `picture` (PNG) and `page` (HTML) are None where they cannot be had."""

    url: str | None
    browser: str
    picture: bytes | None
    page: bytes | None
    requests: tuple[Asked, ...]


async def look(
    page: async_api.Page | None, log: Log, *, browser: str, secrets: Iterable[str]
) -> Sight:
    """Return what the page shows, without `secrets` and its cookies' values. Never raises.

    Takes `LOOKING` seconds twice at most; a browser that hangs gives no picture.
    """
    hidden = {*secrets}
    html = await _page(page, hidden) if page else None
    shown = await _picture(page) if page and html is not None else None
    url = None if page is None else redact.literally(redact.url(page.url), hidden)
    return Sight(
        url=url,
        browser=browser,
        picture=shown,
        page=html,
        requests=tuple(
            msgspec.structs.replace(asked, url=redact.literally(asked.url, hidden))
            for asked in log.latest()
        ),
    )


async def save_trace(context: async_api.BrowserContext, path: str) -> None:
    """Write what was recorded since `record`. Raises TimeoutError, playwright's Error."""
    await context.tracing.stop(path=path)


async def record(context: async_api.BrowserContext) -> None:
    """Begin to record all that happens: a trace holds session cookies in clear."""
    await context.tracing.start(screenshots=True, snapshots=True)


def shown(html: str, secrets: Iterable[str]) -> bytes:
    """Return a page's source without the secrets it is known to hold."""
    addressed = _ADDRESS.sub(lambda found: redact.url(found[0]), redact.literally(html, secrets))
    return redact.body(addressed.encode("utf-8", "replace"))


async def _page(page: async_api.Page, hidden: set[str]) -> bytes | None:
    """Return the page's source, None if it cannot be read; add its cookies to what is hidden."""
    with contextlib.suppress(async_api.Error, TimeoutError):
        async with asyncio.timeout(LOOKING):
            cookies: list[Any] = [*await page.context.cookies()]
            values = {str(cookie["value"]).strip('"') for cookie in cookies}
            hidden |= {value for value in values if len(value) >= SECRET_FROM}
            html = await page.evaluate(_PAGE, LARGEST)
        return None if html is None else shown(html, hidden)
    return None


async def _picture(page: async_api.Page) -> bytes | None:
    """Return the picture of what is in view; whatever stands in fields is painted over."""
    with contextlib.suppress(async_api.Error, TimeoutError):
        async with asyncio.timeout(LOOKING):
            fields = page.locator("input:not([type=hidden]), textarea")
            drawn = await page.screenshot(
                type="png", animations="disabled", caret="hide", mask=[fields]
            )
        return drawn if len(drawn) <= LARGEST else None
    return None
