"""The talk over a room's socket: Centrifugo's protocol in JSON (confidence M to H).

It is held as a guest, as anybody's browser does: the site gives guests a ticket of their own, so
neither a session nor a token of the account goes there. A ticket that has expired ends the
connection; the next one begins with a new ticket.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from scraper import errors, json, payload, site, talk
from scraper.sites.stripchat import endpoints, frames, guard
from scraper.sites.stripchat.pages import values

CONNECT = 1
"""The number of the first thing that is said; the subscriptions come after."""

EXPIRED = frozenset({3501, 109, 110, 101})
"""Codes of a ticket that is missing, expired or refused."""

BUSY = frozenset({100, 111, 112})
"""Codes of troubles that pass."""

PASSING = range(3000, 3500)
"""Codes of a goodbye after which one may come again."""

LONGEST = 300
"""Seconds between two pings of the server, at most."""

SLACK = 5
"""Seconds that a server's ping may be late."""


class UserId(msgspec.Struct, frozen=True):
    """The id of a room."""

    id: values.Id


class Socket(msgspec.Struct, frozen=True):
    """Where the socket is, and the ticket."""

    url: str
    token: str


class Dynamic(msgspec.Struct, frozen=True):
    """What the site's application is told as it starts."""

    websocket: Socket


class Config(msgspec.Struct, frozen=True, rename="camel"):
    """The answer."""

    initial_dynamic: Dynamic


class Initial(msgspec.Struct, frozen=True):
    """What the application was once told as it started."""

    client: Dynamic


class ConfigBefore(msgspec.Struct, frozen=True):
    """The answer where the site once told it."""

    initial: Initial


class Talk:
    """The talk about the room that the request names."""

    ping: str | None = "{}"

    def __init__(self, request: payload.Request, layout: site.Layout) -> None:
        self._layout = layout
        self._room = payload.context_text(request, "room")
        self._id = ""
        self._ended: errors.GreenroomError | None = None
        self.silence = float(layout.sizes["socket_silence_seconds"])
        self.door: payload.Request | None = endpoints.user_id(layout, self._room)

    def begin(
        self, answer: payload.Payload | None, tokens: Mapping[str, str]
    ) -> talk.Opening | payload.Request:
        """Take the room's id, then ask for a ticket; with that return the socket."""
        del tokens
        if answer is None:
            raise errors.PageChanged("page_changed", "nobody was asked for the room's id")
        if answer.request.kind == "socket_config" and answer.status == HTTPStatus.NOT_FOUND:
            return endpoints.socket_config_before(self._layout)
        guard.guard(answer, self._layout)
        if answer.request.kind == "user_id":
            said = json.read(answer, UserId).id
            if not values.is_id(said):
                raise errors.PageChanged("page_changed", "the room has no id", url=answer.url)
            self._id = str(said)
            return endpoints.socket_config(self._layout, self._room)
        found = _socket(answer)
        hosts = self._layout.selectors["socket_hosts_text"]
        url = talk.address(found.url, hosts, self._layout.base_url)
        greeting = {"connect": {"token": found.token, "name": "js"}, "id": CONNECT}
        return talk.Opening(url=url, say=(_json(greeting),))

    def hear(self, frame: str) -> talk.Heard:
        """Answer pings, subscribe, and keep what is pushed; what cannot be understood is kept.

        Raises TryLater (`connection_lost` for an expired ticket, `server_error`) and PageChanged
        where the chat is refused; after a frame that tells something else, too, with the next.
        """
        if self._ended is not None:
            raise self._ended
        say: list[str] = []
        kept: list[str] = []
        live = False
        try:
            for value in frames.values(frame):
                if value == {}:
                    say.append("{}")
                elif isinstance(value, dict) and "id" in value:
                    replies, confirmed = self._answered(value)
                    say += replies
                    live = live or confirmed
                else:
                    _heed_goodbye(value)
                    kept.append(_kept(value))
        except errors.GreenroomError as error:
            if not kept:
                raise
            self._ended = error
        text = "\n".join(kept) if kept else None
        return talk.Heard(say=tuple(say), keep=bool(kept), text=text, live=live)

    def _answered(self, value: dict[str, Any]) -> tuple[list[str], bool]:
        """Return what to say after an answer, and whether it confirms the chat."""
        number, chat = value.get("id"), CONNECT + 1
        if isinstance(value.get("error"), dict):
            if number in (None, CONNECT, chat):  # it may be of any type
                raise _refusal(value["error"])
            return [], False
        if number == CONNECT:
            self._heed(value.get("connect"))
            return list(self._subscriptions()), False
        return [], number == chat

    def _heed(self, told: Any) -> None:
        every = told.get("ping") if isinstance(told, dict) else None
        if isinstance(every, int | float) and 0 < every < LONGEST:
            self.silence = float(every) + SLACK

    def _subscriptions(self) -> Iterator[str]:
        channels = self._layout.selectors["channels_text"].split()
        for number, channel in enumerate(channels, CONNECT + 1):
            yield _json({"subscribe": {"channel": f"{channel}@{self._id}"}, "id": number})


def _socket(answer: payload.Payload) -> Socket:
    if answer.request.kind == "socket_config":
        return json.read(answer, Config).initial_dynamic.websocket
    return json.read(answer, ConfigBefore).initial.client.websocket


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _kept(value: Any) -> str:
    return value if isinstance(value, str) else _json(frames.may_be_kept(value))


def _heed_goodbye(value: Any) -> None:
    """Raise for a push that ends the connection or takes the chat away."""
    said = value.get("push") if isinstance(value, dict) else None
    if not isinstance(said, dict):
        return
    if isinstance(said.get("disconnect"), dict):
        raise _refusal(said["disconnect"])
    if isinstance(said.get("unsubscribe"), dict) and _is_chat(said.get("channel")):
        raise errors.TryLater("connection_lost", "the site ended the subscription")


def _is_chat(channel: Any) -> bool:
    return isinstance(channel, str) and channel.startswith("newChatMessage")


def _refusal(error: dict[str, Any]) -> errors.GreenroomError:
    """Return why the site ends or refuses something, by its code."""
    code = error.get("code")
    if isinstance(code, int) and code in EXPIRED:
        return errors.TryLater("connection_lost", f"the ticket has expired ({code})")
    if isinstance(code, int) and (code in BUSY or code in PASSING):
        return errors.TryLater("server_error", f"the site ends the connection ({code})")
    return errors.PageChanged("page_changed", f"the site refuses the chat ({str(code)[:20]})")
