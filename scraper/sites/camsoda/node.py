"""The talk over the chat's socket (confidence H for 2023; nothing newer is known).

It is held as a guest, as anybody's browser does: the site gives guests a ticket of their own, so
neither a session nor a token of the account goes there. The first node may name another.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from scraper import errors, json, payload, site, talk
from scraper.sites.camsoda import endpoints, frames, guard

MOVES = 5
"""How often a talk may be sent on."""


class User(msgspec.Struct, frozen=True):
    """The guest, and the ticket for the chat."""

    node_token: str


class Current(msgspec.Struct, frozen=True):
    """The answer to a guest."""

    user: User


class Talk:
    """The talk about the room that the request names."""

    ping: str | None = None

    def __init__(self, request: payload.Request, layout: site.Layout) -> None:
        self._layout = layout
        self._room = payload.context_text(request, "room")
        self._ticket = ""
        self._moves = 0
        self._joined = False
        self._counted = ""
        self.silence = float(layout.sizes["socket_silence_seconds"])
        self.door: payload.Request | None = endpoints.guest(layout)

    def begin(
        self, answer: payload.Payload | None, tokens: Mapping[str, str]
    ) -> talk.Opening | payload.Request:
        """Take the guest's ticket; return the first node."""
        del tokens
        if answer is None:
            raise errors.PageChanged("page_changed", "nobody was asked for a ticket")
        guard.guard(answer, self._layout)
        self._ticket = json.read(answer, Current).user.node_token
        return self._opening("ws" + self._layout.url("node").removeprefix("http"))

    def _opening(self, url: str) -> talk.Opening:
        hosts = self._layout.selectors["socket_hosts_text"]
        where = talk.address(url, hosts, self._layout.base_url)
        greeting = msgspec.json.encode(["v3.authorize", {"token": self._ticket}])
        return talk.Opening(url=where, say=(greeting.decode(),))

    def hear(self, frame: str) -> talk.Heard:
        """Join the room, follow to another node, and keep anything else that is new.

        Nothing answers a join but what the room says first, or the word to go elsewhere: so only
        a frame of the room shows that we are in it.
        Raises TryLater `connection_lost` where it is sent on without end, and PageChanged where it
        is sent to somebody else's host.
        """
        said = frames.read(frame)
        if said is not None and said.number == frames.AUTHORIZED:
            joining = msgspec.json.encode([frames.JOIN, {"room": self._room}])
            self._joined, self._counted = True, ""
            return talk.Heard(say=(joining.decode(),), admitted=True)
        if said is not None and said.number == frames.MOVE:
            self._moves += 1
            if self._moves > MOVES:
                raise errors.TryLater("connection_lost", "the site sends on again and again")
            self._joined = False
            return talk.Heard(move=self._opening(str(said.facts.get("url", ""))))
        if said is not None and said.number == frames.COUNT:
            before, self._counted = self._counted, frame
            return talk.Heard(keep=frame != before, live=self._joined)
        return talk.Heard(keep=True, text=frames.may_be_kept(frame), live=self._joined)
