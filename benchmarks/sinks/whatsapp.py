"""A server that takes WhatsApp messages as the Cloud API does, on kept connections:  whatsapp.py PORT SECONDS"""

from __future__ import annotations

import asyncio
import re
import sys

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Taken:
    messages = 0


class Session(asyncio.Protocol):
    """One connection; one request at a time, as HTTP/1.1 clients send them."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, separator, body = self.buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = LENGTH.search(head)
        if length and len(body) < int(length[1]):
            return
        self.buffer = b""
        asyncio.get_running_loop().call_later(self.delay, self.answer)

    def answer(self) -> None:
        Taken.messages += 1
        body = b'{"messaging_product":"whatsapp","messages":[{"id":"wamid.bench%d"}]}' % Taken.messages
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        self.transport.write(head + body)


async def main(port: int, delay: float) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Session(delay), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))
