"""One socket of the door: who may listen, what they missed, what comes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from starlette import responses, websockets

from jobs.web import clients, doorman, frames, hub, messages
from models import db, web_tokens

LOOK = 2.0
"""Seconds between two looks whether the token still stands."""

REVOKED = 4401
"""The code with which a socket is closed whose token was revoked."""

Serve = Callable[[websockets.WebSocket], Awaitable[None]]


class _Over(Exception):
    """The client is gone, or has to go."""


def serving(door: doorman.Doorman, channel: hub.Channel) -> Serve:
    """Return what serves a channel to whoever shows a token for it."""

    async def serve(socket: websockets.WebSocket) -> None:
        try:
            token = await door.let_in(socket, "dashboard", "all")
            since = _since(socket, channel)
            end = await channel.end()  # what is written once the socket is open is told
        except doorman.Denied as denied:
            await socket.send_denial_response(denied.response)
            return
        except db.Unusable as error:
            await socket.send_denial_response(responses.PlainTextResponse(error.code, 503))
            return
        offered = socket.scope.get("subprotocols", ())
        client = clients.Client(end, private=token.scope == "all", seq=channel.log.seq)
        await socket.accept(doorman.PROTOCOL if doorman.PROTOCOL in offered else None)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_hear(socket))
                group.create_task(_watch(socket, door, token))
                group.create_task(_tell(socket, channel, client, since))
        except* (_Over, websockets.WebSocketDisconnect):
            pass
        except* db.Unusable:
            await socket.close(1011)

    return serve


def _since(socket: websockets.WebSocket, channel: hub.Channel) -> messages.Marks | None:
    """Return the marks from which on a client wants to be told, None for what is new."""
    text = socket.query_params.get("since")
    if text is None:
        return None
    try:
        return channel.log.read_seq(text)
    except ValueError:
        wrong = responses.PlainTextResponse("since is no seq", 422)
        raise doorman.Denied(wrong) from None


async def _hear(socket: websockets.WebSocket) -> None:
    """Wait for the client to go; what it says means nothing."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
    raise _Over


async def _watch(
    socket: websockets.WebSocket, door: doorman.Doorman, token: web_tokens.Token
) -> None:
    """Close the socket when its token is revoked."""
    while True:
        await asyncio.sleep(LOOK)
        if not await door.stands(token):
            await socket.close(REVOKED)
            raise _Over


async def _tell(
    socket: websockets.WebSocket,
    channel: hub.Channel,
    client: clients.Client,
    since: messages.Marks | None,
) -> None:
    """Tell a client what it missed, then what comes."""
    if since is not None:
        await _begin(socket, client, since, channel.log.seq(since))
    try:
        while (page := await channel.behind(client.marks)).full or not channel.join(client, page):
            await _replay(socket, client, page)
        await _replay(socket, client, page)
        while True:
            await _say(socket, await client.following())
    finally:
        channel.leave(client)


async def _begin(
    socket: websockets.WebSocket, client: clients.Client, since: messages.Marks, seq: int | str
) -> None:
    """Let a client begin at its own marks; say so where that cannot be."""
    end = client.marks
    if any(mine > last for mine, last in zip(since, end, strict=True)):
        # these are marks of another database, or of rows that are not there any more
        await _say(socket, [messages.lagged(None, seq)])
        return
    client.marks = since
    if skipped := _too_old(since, end):
        await _say(socket, [messages.lagged(sum(skipped), seq)])
        client.marks = tuple(old + gone for old, gone in zip(since, skipped, strict=True))


def _too_old(since: messages.Marks, end: messages.Marks) -> messages.Marks | None:
    """Return how many rows of each table lie too far back to be replayed, None for none."""
    skipped = tuple(
        max(last - first - hub.REPLAY, 0) for first, last in zip(since, end, strict=True)
    )
    return skipped if any(skipped) else None


async def _replay(
    socket: websockets.WebSocket, client: clients.Client, page: messages.Page
) -> None:
    client.marks = page.marks
    await _say(socket, [one for one in page.messages if one.is_for(private=client.private)])


async def _say(socket: websockets.WebSocket, new: Sequence[messages.Message]) -> None:
    if new:
        await frames.send(socket, b"".join(one.frame for one in new))
