"""Send what fired a rule to an address of the operator's."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

import httpx

from jobs.rules import telling
from models import firings, happened

DEADLINE = 10.0
"""Seconds that a receiver may take."""

_PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}


async def send(
    url: str, fired: firings.Firing, act: happened.Act, deadline: float = DEADLINE
) -> None:
    """POST a firing; no redirect is followed. Raises Again or Never, without the address."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "greenroom",
        "Idempotency-Key": f"greenroom-firing-{fired.id}",
    }
    try:
        async with (
            asyncio.timeout(deadline),  # httpx has one for each byte, not for all of them
            httpx.AsyncClient(timeout=deadline, trust_env=False) as client,
            client.stream("POST", url, content=telling.body(fired, act), headers=headers) as answer,
        ):
            status = answer.status_code
    except TimeoutError:
        raise telling.Again(f"no answer within {deadline:g} s") from None
    except httpx.HTTPError as error:
        raise telling.Again(type(error).__name__) from None
    except httpx.InvalidURL:
        raise telling.Never("the address cannot be read") from None
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _PASSING:
        raise telling.Again(f"status {status}")
    if status >= HTTPStatus.MULTIPLE_CHOICES:
        raise telling.Never(f"status {status}")
