"""Servers that take messages, each a process of its own that knows nothing of the rest."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent


@contextmanager
def sink(name: str, port: int, delay: float = 0.0) -> Iterator[None]:
    """`smtp` or `whatsapp`, answering each message after `delay` seconds."""
    process = subprocess.Popen([sys.executable, HERE / f"{name}.py", str(port), str(delay)])
    try:
        while not listens(port):
            time.sleep(0.05)
        yield
    finally:
        process.kill()
        process.wait()


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def mail_taken(port: int) -> tuple[int, float]:
    """How many messages the `smtp` sink has taken, and when (Unix time) the last one was complete."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line, line.makefile("rwb") as words:
        words.readline()
        words.write(b"HELP\r\n")
        words.flush()
        _code, messages, last = words.readline().split()
    return int(messages), float(last)
