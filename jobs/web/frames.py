"""What is told to many sockets: framed once for all of them, and several frames in one write."""

from __future__ import annotations

from typing import Any

from starlette import websockets
from uvicorn.protocols.websockets import websockets_sansio_impl

FRAMED = "framed"
"""Where frames stand in a message to the protocol."""

_TEXT = 0x81
"""A whole text in one frame (RFC 6455, 5.2); what a server says is not masked."""

_SHORT, _LONG, _LONGER = 126, 1 << 16, 127


def text(said: str) -> bytes:
    """Return a text as a frame."""
    body = said.encode()
    if len(body) < _SHORT:
        return bytes((_TEXT, len(body))) + body
    if len(body) < _LONG:
        return bytes((_TEXT, _SHORT)) + len(body).to_bytes(2, "big") + body
    return bytes((_TEXT, _LONGER)) + len(body).to_bytes(8, "big") + body


async def send(socket: websockets.WebSocket, framed: bytes) -> None:
    """Send frames that stand ready. Raises WebSocketDisconnect where nobody listens any more."""
    await socket.send({"type": "websocket.send", FRAMED: framed})


class Protocol(websockets_sansio_impl.WebSocketsSansIOProtocol):
    """The server's protocol of sockets, which sends frames that stand ready as well."""

    async def send(self, message: Any) -> None:
        """Send a message of the server's interface, or frames."""
        framed = message.get(FRAMED)
        if framed is None:
            await super().send(message)
            return
        await self.writable.wait()
        if self.disconnected or self.close_sent:
            raise OSError("nobody listens any more")
        self.transport.write(framed)
