"""Where the time of one message goes: processor time by part, ours and PostgreSQL's, of a broadcast sent by one worker.

python -m benchmarks.costs [--recipients 20000] [--connections 8]

The worker is this process; its parts are wrapped in clocks of processor time, which stand still while something else has the
processor. PostgreSQL's time is that of the server process behind the connection which a part uses, as the kernel counts it.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection

from batches import ledger
from batches.engine import sending
from batches.engine.trip import Trip
from benchmarks import bench, broadcast
from benchmarks.broadcast import PORT, sent
from benchmarks.footprint import wal_bytes
from benchmarks.population import Population
from messaging import handover
from messaging.providers.smtp_letter import LetterPress
from messaging.rendering import CompiledMessage


@dataclass(frozen=True)
class Part:
    """A function whose calls are timed. `within`: a part of the part above; `each`: called for each letter."""

    name: str
    owner: Any
    function: str
    within: bool = False
    each: bool = False


PARTS = [
    Part("Request: freeze who is meant, once for all", broadcast, "broadcast_request"),
    Part("Claim: take items in hand, commit", sending, "claim_take"),
    Part("Read the people: values, opt-outs, erasure", handover, "recipients_read"),
    Part("Make the letter: text, link, checks", handover.BroadcastHandover, "_letter", each=True),
    Part("of it: subject and text", CompiledMessage, "render", within=True, each=True),
    Part("Hand over: SMTP, journal, event loop", Trip, "move"),
    Part("of it: headers and body as bytes", LetterPress, "print", within=True, each=True),
    Part("Report: all of it, commit", sending, "claim_report"),
    Part("of it: outcomes in the ledger", ledger, "write_outcomes", within=True),
    Part("of it: chats and messages", handover, "messages_write", within=True),
]


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--recipients", type=int, default=20_000)
    options.add_argument("--connections", type=int, default=8)
    given = options.parse_args()
    with bench.mail_sink(PORT):
        warm = Population.of(1_000)
        sent(warm, warm.mail_channel(PORT, given.connections))
        population = Population.of(given.recipients)
        channel = population.mail_channel(PORT, given.connections)
        clocks = Clocks()
        with clocks.around(PARTS):
            wal, whole = wal_bytes(), time.process_time()
            sent(population, channel)
            whole, wal = time.process_time() - whole, wal_bytes() - wal
    rows = rows_of(clocks, whole, given.recipients)
    rows.append(bench.Row("Write-ahead log", wal / given.recipients, unit=" bytes"))
    question = f"Processor time of one message, of {given.recipients:,} sent by one worker"
    bench.report(question, rows, keep="costs")


class Clocks:
    """Processor seconds by part."""

    def __init__(self) -> None:
        self.ours: dict[str, float] = defaultdict(float)
        self.database: dict[str, float] = defaultdict(float)

    @contextmanager
    def around(self, parts: list[Part]) -> Iterator[None]:
        """Time these parts until the end of the block."""
        with ExitStack() as after:
            for part in parts:
                plain = getattr(part.owner, part.function)
                setattr(part.owner, part.function, self._timed(part, plain))
                after.callback(setattr, part.owner, part.function, plain)
            yield

    def _timed(self, part: Part, plain: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*given: Any, **named: Any) -> Any:
            database = 0.0 if part.each else backend_time()
            began = time.thread_time()
            try:
                return plain(*given, **named)
            finally:
                self.ours[part.name] += time.thread_time() - began
                self.database[part.name] += 0.0 if part.each else backend_time() - database

        return timed


def backend_time() -> float:
    """Processor seconds of the server process behind this thread's connection."""
    connection.ensure_connection()
    try:
        counted = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat").read_text()
    except OSError:  # another system, or another host
        return 0.0
    return int(counted.split()[0]) / 1e9


def rows_of(clocks: Clocks, whole: float, messages: int) -> list[bench.Row]:
    """The table: microseconds a message."""
    each = 1e6 / messages
    outer = [part.name for part in PARTS if not part.within]
    database = sum(clocks.database[name] for name in outer)
    rest = whole - sum(clocks.ours[name] for name in outer)
    rows = [
        bench.Row("All of our own", whole * each, f"PostgreSQL's: {database * each:.0f} µs", " µs"),
        *(row_of(part, clocks, each) for part in PARTS),
    ]
    return [*rows, bench.Row("Everything else: turns, sizes, waiting", rest * each, unit=" µs")]


def row_of(part: Part, clocks: Clocks, each: float) -> bench.Row:
    used = clocks.database[part.name] * each
    note = f"PostgreSQL's: {used:.0f} µs" if used >= 0.5 else ""
    return bench.Row(("– " if part.within else "") + part.name, clocks.ours[part.name] * each, note, " µs")


if __name__ == "__main__":
    main()
