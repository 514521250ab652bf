"""100 bulks of 1,000 members posted by 4 clients at once: from the first request until everybody is imported.

python -m benchmarks.bulks [--bulks 100] [--clients 4] [--port 8931]
"""

from __future__ import annotations

import argparse
import http.client
import json
import time
from concurrent.futures import ThreadPoolExecutor

from batchadmin.accounts.services import token_create
from batchadmin.accounts.states import Role
from benchmarks import bench
from benchmarks.population import Population
from benchmarks.web import server
from campaigns.importing.reports import import_report
from campaigns.models import Import, Influencer

MEMBERS = 1_000


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--bulks", type=int, default=100)
    options.add_argument("--clients", type=int, default=4)
    options.add_argument("--port", type=int, default=8931)
    given = options.parse_args()
    population = Population.of(1)
    _token, text = token_create(
        program=population.program, role=Role.MANAGER, name="Benchmark", by=population.owner
    )
    with server(given.port), bench.workers(2):
        began = time.monotonic()
        name = f"bench-{int(time.time())}"
        with ThreadPoolExecutor(given.clients) as clients:
            list(clients.map(lambda number: post(given.port, text, name, number), range(1, given.bulks + 1)))
        posted = time.monotonic() - began
        imported = Import.objects.get(program=population.program, import_id=name)
        while any(bulk["status"] != "finished" for bulk in import_report(imported)["bulks"]):
            time.sleep(0.2)
        finished = time.monotonic() - began
    told, wanted = import_report(imported), given.bulks * MEMBERS
    if not told["members_created_number"] == told["members_in_payload_number"] == wanted:
        raise SystemExit(f"The counts are wrong: {told}")
    if Influencer.objects.filter(program=population.program, tags=[name]).count() != wanted:
        raise SystemExit("Not everybody is there.")
    rows = [
        bench.Row("Members imported by API, until all are written", wanted / finished),
        bench.Row("Members accepted (202)", wanted / posted),
    ]
    bench.report(
        f"{given.bulks:,} bulks of {MEMBERS:,} by {given.clients} clients at once", rows, keep="bulks"
    )


def post(port: int, token: str, name: str, number: int) -> None:
    """Post one bulk; ends the program if it isn't taken."""
    members = [
        {
            "properties": {
                "email": f"{name}-{number}-{one}@example.com",
                "first_name": "Bea",
                "tags": [name],
                "followers": one,
            }
        }
        for one in range(MEMBERS)
    ]
    body = json.dumps({"import_id": name, "request_number": number, "members": members})
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    line.request("POST", "/api/v1/imports", body, headers)
    answer = line.getresponse()
    if answer.status != 202:
        raise SystemExit(f"{answer.status}: {answer.read()[:300]!r}")
    line.close()


if __name__ == "__main__":
    main()
