"""Answers for tests: the smallest payload, with what the test cares about overridden."""

from __future__ import annotations

from datetime import UTC, datetime

from scraper import payload, site
from scraper.sites import register

AT = datetime(2026, 11, 21, 8, tzinfo=UTC)
USERNAME = "operator_one"
PEOPLE = ("alice", "bob")


def request(kind: str = "shell", url: str = "https://site.invalid/") -> payload.Request:
    return payload.Request(kind=kind, url=url)


def answer(
    body: bytes | str = b"",
    asked: payload.Request | None = None,
    *,
    status: int = 200,
    url: str | None = None,
    **headers: str,
) -> payload.Payload:
    asked = asked or request()
    return payload.Payload(
        request=asked,
        url=url or asked.url,
        status=status,
        body=body if isinstance(body, bytes) else body.encode(),
        fetched_at=AT,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def errand(**facts: object) -> site.Errand:
    images = {name: f"https://thumb.invalid/ri/{name}.jpg" for name in PEOPLE}
    known = {
        "username": USERNAME,
        "target": "alice",
        "people": PEOPLE,
        "ids": {name: str(number) for number, name in enumerate(PEOPLE, 1)},
        "images": images,
        "now": AT,
    } | facts
    return site.Errand(**known)  # type: ignore[arg-type]


def asked_for(where: site.Site, kind: str) -> payload.Request:
    """Return a request that the site's parser of `kind` may be given."""
    context: dict[str, str | int] = {
        "moment": "first",
        "part": "online",
        "position": 1,
        "step": 1,
        "room": "alice",
        "model": "alice",
        "page": 1,
        "since": "2026-11-01 00:00:00",
        "until": "2026-11-02 00:00:00",
        "uid": "1",
        "left": 1,
        "wait": 0,
        "rooms": "alice",
    }
    return payload.Request(url=where.layout.url("home") + "some/where/", kind=kind, context=context)


def kinds() -> list[tuple[str, str]]:
    return [(name, kind) for name, where in register.SITES.items() for kind in where.parsers]
