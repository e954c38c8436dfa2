"""Ask a signed-in page to fetch(): cookies, TLS and headers are the browser's own."""

from __future__ import annotations

import asyncio
import base64
import functools
from importlib import resources
from typing import TYPE_CHECKING, Any
from urllib import parse

from scraper import errors, payload, redact
from scraper.fetch import answers

if TYPE_CHECKING:
    from playwright import async_api

Failures = asyncio.Queue["async_api.Request"]
"""The requests of a page that the browser lately reported as failed."""

_ANSWERED = "json:"
"""Begins the source of a token that stands in an answer and not in a cookie."""

_NOTHING = ("error",)
"""What is kept of an answer that was to hold a token, and is none of the request's own."""

_EXPLANATION = 0.25  # seconds that the browser's own reason for a failure may lag behind it


async def page_fetch(
    page: async_api.Page,
    request: payload.Request,
    *,
    seconds: float,
    failures: Failures,
) -> payload.Payload:
    """Return the answer to `request` as the page at its origin gets it.

    `failures` is where the tab puts the requests that the browser reports as failed.

    A token that stands in a JSON answer is asked for first; where the site answers that with an
    error status, this is the answer, but for what its JSON holds.

    Raises TryLater (`connection_lost`, `body_truncated`, `body_too_large`, `timed_out`) and
    SignInAgain (`signed_out`: the page has not the cookie or the answer its token stands in).
    """
    while not failures.empty():
        failures.get_nowait()
    ask = _ask(request, seconds)
    result = await page.evaluate(_script(), ask)
    if "missing" in result:
        # HttpOnly: the page cannot see it
        ask["tokens"] = await _tokens(page, request)
        result = await page.evaluate(_script(), ask)
    if "missing" in result:
        raise _signed_out(request, result["missing"])
    if "failed" in result:
        raise await _failure(request, result, failures)
    return answers.answer(
        request,
        url=result["url"],
        status=result["status"],
        headers=result["headers"],
        body=answers.kept(_body(result), _NOTHING if result.get("refused") else ()),
    )


def origin(url: str) -> str:
    """Return scheme, host and port of `url`, default ports left out."""
    parts = parse.urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    port = "" if parts.port in {None, default} else f":{parts.port}"
    return f"{parts.scheme}://{parts.hostname}{port}"


def _ask(request: payload.Request, seconds: float) -> dict[str, Any]:
    headers = {k: v for k, v in request.headers.items() if k.lower() != "referer"}
    referers = [v for k, v in request.headers.items() if k.lower() == "referer"]
    fields = any(place.startswith("field:") for place in request.csrf)
    return {
        "url": request.url,
        "method": request.method,
        "headers": headers,
        "referrer": referers[0] if referers else None,
        "form": {} if request.form is None and fields else request.form,
        "csrf": request.csrf,
        "tokens": {},
        "milliseconds": seconds * 1000,
        "limit": answers.BODY_LIMIT,
        "wanted": answers.HEADERS,
    }


async def _tokens(page: async_api.Page, request: payload.Request) -> dict[str, str]:
    found = {cookie["name"]: cookie["value"] for cookie in await page.context.cookies(request.url)}
    wanted = [source for source in request.csrf.values() if not source.startswith(_ANSWERED)]
    for name in wanted:
        if name not in found:
            raise _signed_out(request, f"cookie {name}")
    return {name: found[name] for name in wanted}


def _signed_out(request: payload.Request, missing: str) -> errors.SignInAgain:
    return errors.SignInAgain(
        "signed_out", f"the session has no {missing}", url=redact.url(request.url)
    )


def _body(result: dict[str, Any]) -> bytes:
    if "text" in result:
        text: str = result["text"]
        return text.encode()
    return base64.b64decode(result["base64"])


async def _failure(
    request: payload.Request, result: dict[str, Any], failures: Failures
) -> errors.TryLater:
    reasons = {
        "body_too_large": f"more than {answers.BODY_LIMIT} bytes came",
        "timed_out": "no complete answer within the deadline",
    }
    why = reasons.get(result["failed"]) or await _reason(request, failures) or result["why"]
    return errors.TryLater(result["failed"], why, url=redact.url(request.url))


async def _reason(request: payload.Request, failures: Failures) -> str | None:
    """Return why the browser says the request failed; its report comes beside the page's own."""
    try:
        async with asyncio.timeout(_EXPLANATION):
            failed = await failures.get()
            while _first(failed).url != request.url:
                failed = await failures.get()
    except TimeoutError:
        return None
    if origin(failed.url) != origin(request.url):
        return f"the site redirected to {origin(failed.url)}, another host"
    return failed.failure


def _first(asked: async_api.Request) -> async_api.Request:
    """Return the request that a chain of redirects began with."""
    while asked.redirected_from is not None:
        asked = asked.redirected_from
    return asked


@functools.cache
def _script() -> str:
    return resources.files(__package__).joinpath("page_fetch.js").read_text("utf-8")
