"""Pages of the practice site as a signed-in visitor without a browser gets them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec

from fixtures.practice import client
from scraper import html, payload, site
from scraper.sites.chaturbate import layout

SIGN_IN = "/auth/login/"


def laid_out(world: client.Practice) -> site.Layout:
    """Return the layout of the practice Chaturbate."""
    return msgspec.structs.replace(layout.LAYOUT, base_url=world.chaturbate)


@contextmanager
def signed_in(world: client.Practice) -> Iterator[httpx.Client]:
    """Sign in with a plain HTTP client that keeps its connection."""
    with httpx.Client(base_url=world.chaturbate, trust_env=False, timeout=60) as web:
        asked = payload.Request(url=SIGN_IN, kind="sign_in")
        form = html.read(answer(web, asked))
        token = html.attribute(form, "form.login_form [name=csrfmiddlewaretoken]", "value")
        fields = {
            "csrfmiddlewaretoken": token,
            "username": world.username,
            "password": world.password,
            "next": "",
        }
        came = web.post(SIGN_IN, data=fields, headers={"Referer": world.chaturbate + SIGN_IN})
        if came.status_code != httpx.codes.FOUND:
            raise RuntimeError(f"the practice site answered {came.status_code} to the sign-in")
        yield web


def answer(web: httpx.Client, request: payload.Request) -> payload.Payload:
    """Get what a request asks for."""
    came = web.get(request.url, headers=request.headers)
    return payload.Payload(
        request=request,
        url=str(came.url),
        status=came.status_code,
        body=came.content,
        fetched_at=datetime.now(UTC),
        headers={"content-type": came.headers.get("content-type", "")},
    )


def cookies(web: httpx.Client) -> list[dict[str, Any]]:
    """Return the visitor's cookies as a browser's storage state has them."""
    return [
        {
            "name": cookie.name,
            "value": cookie.value,
            "domain": "127.0.0.1",
            "path": cookie.path,
            "expires": -1,
            "sameSite": "Lax",
        }
        for cookie in web.cookies.jar
    ]
