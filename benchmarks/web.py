"""The web server as it runs in production, and a client of its API."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from batchadmin.accounts.services import token_create
from batchadmin.accounts.states import Role
from benchmarks import ROOT
from benchmarks.population import Population
from benchmarks.sinks import listens


@contextmanager
def server(port: int) -> Iterator[None]:
    """The web server, as it runs in production."""
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "batchadmin.wsgi:application"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not listens(port):
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait()


@dataclass
class Client:
    """Somebody with a token; a connection for each call, as the web server keeps none."""

    port: int
    token: str

    @classmethod
    def of(cls, port: int, population: Population) -> Client:
        """A manager of this program, whose first request is made already: it is what makes a server load its code."""
        _token, text = token_create(
            program=population.program, role=Role.MANAGER, name="Benchmark", by=population.owner
        )
        client = cls(port, text)
        client.call("GET", "/api/v1/batch-requests")
        return client

    def call(self, method: str, path: str, body: Any = None) -> tuple[Any, float]:
        """The answer and the seconds until it was there; ends the program for anything but success."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        began = time.perf_counter()
        line.request(method, path, None if body is None else json.dumps(body), headers)
        answer = line.getresponse()
        text = answer.read()
        took = time.perf_counter() - began
        line.close()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {text[:300]!r}")
        return json.loads(text), took
