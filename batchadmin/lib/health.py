"""What probes ask: /healthz, whether this process lives, /readyz, whether the site can do its work, and /metrics.

Answered by a middleware that comes before all others: a probe calls by the machine's address, which needn't be among
ALLOWED_HOSTS, without TLS, and gets neither a session nor a redirect. No answer says anything but which part is well.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string

from .metrics import PATH as METRICS
from .metrics import Metrics
from .redis_connection import quick_client

ALIVE = "/healthz"
READY = "/readyz"
KEPT_SECONDS = 1.0  # however often it is asked, the parts are looked at no more than once in this time

log = logging.getLogger("batchadmin.health")


class Probes:
    """Middleware: answers the three addresses, and lets everything else pass."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._looker = Looker()
        self._metrics = Metrics()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == ALIVE:
            return _plain(HttpResponse("alive\n", content_type="text/plain"))
        if request.path == READY:
            return self._ready(request)
        if request.path == METRICS:
            return _plain(self._metrics.answer(request))
        return self._get_response(request)

    def _ready(self, request: HttpRequest) -> HttpResponse:
        skipped = set(request.GET.get("skip", "").split(","))
        parts = {name: is_well for name, is_well in self._looker.parts().items() if name not in skipped}
        is_ready = all(parts.values())
        document = {"ready": is_ready, "parts": parts}
        return _plain(
            HttpResponse(
                json.dumps(document) + "\n",
                content_type="application/json",
                status=200 if is_ready else 503,
            )
        )


class Looker:
    """Looks at the parts that `settings.READY_PARTS` names (name: function that returns whether it is well)."""

    def __init__(self) -> None:
        self._looking = threading.Lock()
        self._found: dict[str, bool] = dict.fromkeys(settings.READY_PARTS, False)
        self._looked_at = float("-inf")

    def parts(self) -> dict[str, bool]:
        """Each part with whether it is well. While somebody else looks, what was found last: nobody waits behind them."""
        if time.monotonic() - self._looked_at < KEPT_SECONDS or not self._looking.acquire(blocking=False):
            return self._found
        try:
            self._found = {name: _is_well(name, path) for name, path in settings.READY_PARTS.items()}
            self._looked_at = time.monotonic()
            return self._found
        finally:
            self._looking.release()


def _is_well(name: str, path: str) -> bool:
    look: Callable[[], bool] = import_string(path)
    try:
        return look()
    except (
        Exception
    ) as error:  # whatever is wrong with a part is its answer, and goes no further than our own log
        log.warning("The part %s is not ready: %s", name, str(error).strip().split("\n")[0])
        if not connection.in_atomic_block:
            connection.close()
        return False


def database_is_well() -> bool:
    """Whether PostgreSQL answers, and would let us write."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT NOT pg_is_in_recovery()")
        return bool(cursor.fetchone()[0])


def migrations_are_applied() -> bool:
    """Whether the tables are at least as this version of the program needs them; a newer version may have been there."""
    return _last_migrations() <= set(MigrationRecorder(connection).applied_migrations())


@cache
def _last_migrations() -> set[tuple[str, str]]:
    """The last migration of each app, as this version of the program has them."""
    return set(MigrationLoader(None).graph.leaf_nodes())


def redis_is_well() -> bool:
    """Whether Redis answers."""
    with quick_client() as client:
        return bool(client.ping())


def _plain(response: HttpResponse) -> HttpResponse:
    response._has_been_logged = True  # type: ignore[attr-defined]  # else Django logs each 503 as an error
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
