"""Load whole pages: the document as it stands after DOMContentLoaded, with its status."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Literal

from playwright import async_api

from scraper import errors, payload, redact
from scraper.fetch import answers

_DOCUMENT = """(limit) => {
  const root = document.documentElement;
  if (!root) return "";
  const html = root.outerHTML;
  if (html.length > limit) return null;
  const type = document.doctype;
  return (type ? new XMLSerializer().serializeToString(type) + "\\n" : "") + html;
}"""

_EMPTY_ERROR_PAGE = "ERR_HTTP_RESPONSE_CODE_FAILURE"
_MOVED_ON = "Execution context was destroyed"


Event = Literal["request", "response", "requestfailed"]


@contextlib.contextmanager
def listening(page: async_api.Page, event: Event, handler: Callable[[Any], None]) -> Iterator[None]:
    """Hand the page's events to `handler` inside the block only: each costs a message."""
    on: Any = page.on
    on(event, handler)
    try:
        yield
    finally:
        with contextlib.suppress(KeyError):
            page.remove_listener(event, handler)


class Documents:
    """The answers that the main frame's navigations got, newest last."""

    def __init__(self, page: async_api.Page) -> None:
        self._page = page
        self._latest: async_api.Response | None = None

    def note(self, response: async_api.Response) -> None:
        """Remember an answer if it is a document of the main frame."""
        if response.request.is_navigation_request() and response.frame == self._page.main_frame:
            self._latest = response

    async def read(self, request: payload.Request) -> payload.Payload:
        """Return the document as it stands, wherever scripts have led it meanwhile."""
        html = await _text(self._page)
        if html is None:
            raise errors.TryLater("body_too_large", url=redact.url(self._page.url))
        return self._payload(request, self._page.url, html.encode("utf-8", "replace"))

    def bare(self, request: payload.Request) -> payload.Payload:
        """Return an answer that had no body: the browser shows an error page of its own then."""
        return self._payload(request, self._latest.url if self._latest else request.url, b"")

    def _payload(self, request: payload.Request, url: str, body: bytes) -> payload.Payload:
        status = self._latest.status if self._latest else 200
        headers = dict(self._latest.headers) if self._latest else {}
        kind = headers.get("content-type", "text/html").partition(";")[0]
        # the document is handed over as UTF-8, whatever it was sent in
        headers["content-type"] = f"{kind}; charset=utf-8"
        return answers.answer(request, url=url, status=status, headers=headers, body=body)


async def load(
    page: async_api.Page,
    request: payload.Request,
    act: Callable[[], Awaitable[Any]],
) -> payload.Payload:
    """Do what makes the page navigate, and return the document that follows.

    An HTTP error without a body is an answer too: its Payload has an empty body.
    """
    documents = Documents(page)
    with listening(page, "response", documents.note):
        try:
            await act()
        except async_api.Error as error:
            if _EMPTY_ERROR_PAGE not in str(error):
                raise
            return documents.bare(request)
        return await documents.read(request)


async def _text(page: async_api.Page) -> str | None:
    for _ in range(3):
        try:
            html: str | None = await page.evaluate(_DOCUMENT, answers.BODY_LIMIT)
        except async_api.Error as error:
            if _MOVED_ON not in str(error):
                raise
            await page.wait_for_load_state("domcontentloaded")
        else:
            return html
    raise errors.TryLater("connection_lost", "the page keeps moving on", url=redact.url(page.url))
