"""A tab that answers as it was told to: the seam between signing in and a browser."""

from __future__ import annotations

from scraper import payload
from tests.scraper import given_answers as given


class Tab:
    """Gives its answers one after another, whatever is opened or submitted."""

    def __init__(self, *bodies: str | payload.Payload) -> None:
        self._left = [
            body if isinstance(body, payload.Payload) else given.answer(body) for body in bodies
        ]
        self.opened: list[str] = []
        self.filled: dict[str, str] = {}
        self.pressed: list[str] = []

    async def open(self, url: str) -> payload.Payload:
        self.opened.append(url)
        return self._left.pop(0)

    async def fill(self, selector: str, text: str) -> None:
        self.filled[selector] = text

    async def submit(self, selector: str) -> payload.Payload:
        self.pressed.append(selector)
        return self._left.pop(0)

    async def fetch(self, request: payload.Request) -> tuple[payload.Payload, ...]:
        raise AssertionError(f"signing in fetches nothing: {request.url}")
