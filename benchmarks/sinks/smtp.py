"""A mail server that takes everything, keeps nothing, and answers each message after a while:  smtp.py PORT SECONDS

`HELP` is answered with how many messages it has taken, and when the body of the last one was complete (Unix time).
"""

from __future__ import annotations

import asyncio
import sys
import time

ANSWERS = {
    b"EHLO": b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n",
    b"DATA": b"354 Go on\r\n",
    b"QUIT": b"221 Bye\r\n",
}


class Taken:
    messages = 0
    last = 0.0


class Session(asyncio.Protocol):
    """One connection."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.buffer = bytearray()
        self.in_body = self.waiting = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        self.read()

    def read(self) -> None:
        """Answer what has come, in order; nothing while a message waits for its answer."""
        while not self.waiting:
            mark = b"\r\n.\r\n" if self.in_body else b"\r\n"
            end = self.buffer.find(mark)
            if end < 0:
                return
            verb = bytes(self.buffer[:4]).upper()
            del self.buffer[: end + len(mark)]
            if self.in_body:
                self.take()
            elif verb == b"HELP":
                self.transport.write(f"214 {Taken.messages} {Taken.last:.6f}\r\n".encode())
            else:
                self.in_body = verb == b"DATA"
                self.transport.write(ANSWERS.get(verb, b"250 2.0.0 Ok\r\n"))

    def take(self) -> None:
        self.in_body = False
        Taken.messages += 1
        Taken.last = time.time()
        if not self.delay:
            self.transport.write(b"250 2.0.0 Ok\r\n")
            return
        self.waiting = True
        asyncio.get_running_loop().call_later(self.delay, self.accept)

    def accept(self) -> None:
        self.waiting = False
        self.transport.write(b"250 2.0.0 Ok\r\n")
        self.read()


async def main(port: int, delay: float) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Session(delay), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))
