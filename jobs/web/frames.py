"""What is told to many sockets: framed once for all of them, and several frames in one write."""

from __future__ import annotations

from typing import Any

from starlette import websockets
from uvicorn.protocols.websockets import websockets_sansio_impl
from websockets import frames as websocket_frames

FRAMED = "framed"
"""Where frames stand in a message to the protocol."""


def text(said: str) -> bytes:
    """Return a text as a frame; what a server says is not masked."""
    return websocket_frames.Frame(websocket_frames.Opcode.TEXT, said.encode()).serialize(mask=False)


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
