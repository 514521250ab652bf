"""How long the server takes for each list and each page, and how many queries, in a database with a great deal in it.

python -m benchmarks.pages [--rows 1000000] [--requests 50] [--only logs] [--explain]

1,000,000 ledger items, 50,000 batches, 200,000 influencers: made once, in a program of its own, and kept. Each page is asked
for through the whole application, as its owner, and drawn. The bar: p95 below 100 ms, at most 12 queries. A page of nothing but
a log-in is measured in turn with each, for on a busy machine everything takes longer.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse

from batches.models import BatchRequest
from benchmarks import bench
from benchmarks.filling import Crowd, crowd, first_campaign
from campaigns.models import Import, Influencer, Stage
from messaging.models import Broadcast, Channel, Chat, Message, Template, Trigger, TriggerLaunch

BAR_MS, MOST_QUERIES = 100.0, 12
LIVE = {"HX-Request": "true", "HX-Target": "live"}
LIST = {"HX-Request": "true", "HX-Target": "list"}


@dataclass(frozen=True)
class Case:
    """One address, and what goes along with it."""

    name: str
    url: str
    headers: dict[str, str] | None = None


@dataclass(frozen=True)
class Found:
    """What one address took, in milliseconds; `plain` is the page of nothing but a log-in, asked in turn with it."""

    name: str
    p50: float
    p95: float
    plain: float
    queries: int
    kilobytes: float

    @property
    def is_good(self) -> bool:
        """Whether it keeps to the bar."""
        return self.p95 < BAR_MS and self.queries <= MOST_QUERIES

    @property
    def line(self) -> str:
        """It as a line of the table."""
        mark = "" if self.is_good else "  over the bar"
        numbers = f"{self.p50:8.1f} {self.p95:8.1f} {self.plain:7.1f} {self.queries:8} {self.kilobytes:6.0f}"
        return f"{self.name:44} {numbers}{mark}"


def main() -> None:
    """Measure every page and print the table; exits with 1 if one is over the bar."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--requests", type=int, default=50)
    options.add_argument("--only", default="", help="only pages in whose name this stands")
    options.add_argument(
        "--explain", action="store_true", help="the slowest statements of each page over the bar"
    )
    given = options.parse_args()
    settings.ALLOWED_HOSTS = ["testserver"]
    place = crowd(given.rows)
    client = Client()
    client.force_login(place.owner)
    plain = Case("plain", reverse("me"))
    wanted = [case for case in cases(place) if given.only in case.name]
    print(f"\n{'Page':44} {'p50':>8} {'p95':>8} {'plain':>7} {'queries':>8} {'kB':>6}")
    found = []
    for case in wanted:
        found.append(measure(client, case, plain, given.requests))
        print(found[-1].line, flush=True)
        if given.explain and not found[-1].is_good:
            explain(client, case)
    report(given.rows, found)
    if not all(one.is_good for one in found):
        raise SystemExit(1)


def measure(client: Client, case: Case, plain: Case, requests: int) -> Found:
    """Ask twice to warm up, then so many times, each time after the plain page."""
    queries: list[float] = []
    ask(client, case)
    with connection.execute_wrapper(_counting(queries)):
        answer = ask(client, case)
    size = 0.0 if answer.streaming else len(answer.content) / 1000
    times, plains = [], []
    for _number in range(requests):
        plains.append(_timed(lambda: ask(client, plain)))
        times.append(_timed(lambda: ask(client, case)))
    p95 = statistics.quantiles(times, n=20)[-1]
    return Found(case.name, statistics.median(times), p95, statistics.median(plains), len(queries), size)


def ask(client: Client, case: Case) -> Any:
    """One answer; ends the program if it isn't what was asked for."""
    answer = client.get(case.url, headers=case.headers)
    if answer.status_code not in (200, 204):
        raise SystemExit(f"{case.url}: {answer.status_code}")
    return answer


def _timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _counting(taken: list[float], statements: list[str] | None = None) -> Callable[..., Any]:
    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            taken.append((time.perf_counter() - began) * 1000)
            if statements is not None:
                statements.append(sql % tuple(repr(one)[:60] for one in params) if params else sql)

    return count


def explain(client: Client, case: Case) -> None:
    """The statements of one page that took over 5 ms."""
    taken: list[float] = []
    statements: list[str] = []
    with connection.execute_wrapper(_counting(taken, statements)):
        ask(client, case)
    for milliseconds, sql in sorted(zip(taken, statements, strict=True), reverse=True):
        if milliseconds > 5:
            print(f"  {milliseconds:7.1f} ms  {' '.join(sql.split())[:600]}")


def report(rows: int, found: list[Found]) -> None:
    """The table once more as JSON, for programs."""
    lines = [
        {
            "name": one.name,
            "p50_ms": round(one.p50, 1),
            "p95_ms": round(one.p95, 1),
            "plain_ms": round(one.plain, 1),
            "queries": one.queries,
        }
        for one in found
    ]
    print(json.dumps({"question": "pages", "items": rows, "machine": bench.machine(), "rows": lines}))


def cases(place: Crowd) -> list[Case]:
    """Every list and every page, some of them filtered, far down, or as a fragment."""
    batches = BatchRequest.objects.filter(program=place.program)
    broadcasts = Broadcast.objects.filter(batch__program=place.program)
    largest = broadcasts.order_by("-batch__total")[0].batch
    live = batches.filter(status="processing")[0]
    move = batches.filter(kind="stage_move").order_by("-total")[0]
    person = Influencer.objects.filter(program=place.program).order_by("-pk")[0]
    chat = Chat.objects.filter(program=place.program).order_by("-pk")[0]
    campaign = first_campaign(place)
    stage = Stage.objects.filter(campaign=campaign, participants__isnull=False).first()
    got = Message.objects.filter(batch_id=largest.pk).earliest("pk").key
    shown = "-".join(str(batch.pk) for batch in batches.order_by("-pk")[:50])

    def at(name: str, page: str, *parts: Any, query: str = "", headers: dict[str, str] | None = None) -> Case:
        address = reverse(page, args=[place.program.slug, *parts])
        return Case(name, f"{address}?{query}" if query else address, headers)

    log = (largest.pk,)
    return [
        at("dashboard", "dashboard"),
        at("dashboard, live", "dashboard", headers=LIVE),
        at("pill", "live-pill"),
        at("search, a name", "search", query="q=okafor"),
        at("search, nobody", "search", query="q=nobodyhere"),
        at("search, many", "search", query="q=bea"),
        at("logs", "broadcasts"),
        at("logs, page 500", "broadcasts", query="page=500"),
        at("logs, a word", "broadcasts", query="q=sale+4711"),
        at("logs, no such word", "broadcasts", query="q=nothinglikethis"),
        at("logs, stopped", "broadcasts", query="status=stopped"),
        at("logs, of a channel", "broadcasts", query=f"channel={Channel.objects.filter(program=place.program)[0].pk}"),
        at("logs, days", "broadcasts", query="since=2026-01-01&until=2026-01-05"),
        at("logs, live", "broadcasts", query=f"shown={shown}", headers=LIVE),
        at("log of 100,000", "broadcast", *log),
        at("log of 100,000, failed", "broadcast", *log, query="status=failed"),
        at("log of 100,000, page 1,500", "broadcast", *log, query="status=all&page=1500"),
        at("log of 100,000, a name", "broadcast", *log, query="q=okafor"),
        at("log of 100,000, why", "broadcast", *log, query="tab=why"),
        at("log of 100,000, timeline", "broadcast", *log, query="tab=timeline"),
        at("log of 100,000, restarts", "broadcast", *log, query="tab=restarts"),
        at("log that runs", "broadcast", live.pk),
        at("log that runs, live", "broadcast", live.pk, headers=LIVE),
        at("a recipient's chat", "broadcast-recipient", largest.pk, got),
        at("batch requests", "batches"),
        at("batch requests, page 500", "batches", query="page=500"),
        at("batch requests, no such word", "batches", query="q=nothinglikethis"),
        at("batch requests, stopped", "batches", query="status=stopped"),
        at("batch requests, moves", "batches", query="type=BatchWorkflowStatus"),
        at("batch requests, live", "batches", query=f"shown={shown}", headers=LIVE),
        at("a batch", "batch", move.pk),
        at("a batch, why", "batch", move.pk, query="tab=why"),
        at("notices", "notices"),
        at("influencers", "influencers"),
        at("influencers, page 3,000", "influencers", query="page=3000"),
        at("influencers, a name", "influencers", query="q=okafor"),
        at("influencers, nobody", "influencers", query="q=nobodyhere"),
        at("influencers, a tag", "influencers", query="tag=vip"),
        at("influencers, a country", "influencers", query="country=DE"),
        at("influencers, no such tag", "influencers", query="tag=nothing"),
        at("influencers, list only", "influencers", headers=LIST),
        at("an influencer", "influencer", person.pk),
        at("an influencer's messages", "influencer-messages", person.pk),
        at("campaigns", "campaigns"),
        at("a campaign", "campaign", campaign.pk),
        at("a campaign's stage", "campaign", campaign.pk, query=f"stage={stage.pk if stage else ''}"),
        at("a campaign, a name", "campaign", campaign.pk, query="q=okafor"),
        at("chats", "chats"),
        at("chats, page 500", "chats", query="page=500"),
        at("chats, a name", "chats", query="q=okafor"),
        at("chats, unread", "chats", query="show=unread"),
        at("a chat", "chat", chat.pk),
        at("templates", "templates"),
        at("a template", "template", Template.objects.filter(program=place.program)[0].pk),
        at("automation", "automation"),
        at("triggers", "triggers"),
        at("a trigger", "trigger", Trigger.objects.filter(program=place.program)[0].pk),
        at("a launch", "launch", TriggerLaunch.objects.filter(program=place.program)[0].pk),
        at("imports", "imports"),
        at("an import", "import", Import.objects.filter(program=place.program)[0].pk),
        at("channels", "channels"),
        at("a channel", "channel", Channel.objects.filter(program=place.program)[0].pk),
        at("compose", "broadcast-new"),
        at("webhooks", "webhooks"),
        at("members", "members"),
        at("tokens", "tokens"),
    ]  # fmt: skip


if __name__ == "__main__":
    main()
