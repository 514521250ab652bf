"""/metrics, for Prometheus: read from PostgreSQL and Redis when it is asked, so every process of every host says the same.

Who may ask: whoever has METRICS_TOKEN; without one, this machine alone, and nobody when a proxy stands in between.
"""

from __future__ import annotations

import ipaddress
import logging
import threading
import time
from collections.abc import Callable, Iterable

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.utils.module_loading import import_string
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

PATH = "/metrics"
KEPT_SECONDS = 5.0
PREFIX = "batchadmin_"
FORWARDED = ("X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "X-Real-IP")

log = logging.getLogger("batchadmin.metrics")


def gauge(name: str, words: str, rows: Iterable[tuple[dict[str, str], float]]) -> GaugeMetricFamily:
    """One metric with a value for each set of labels. Sets of labels must have the same names."""
    found = list(rows)
    names = list(found[0][0]) if found else []
    family = GaugeMetricFamily(PREFIX + name, words, labels=names)
    for labels, value in found:
        family.add_metric([labels[label] for label in names], value)
    return family


class _Apps(Collector):
    """Asks the functions that `settings.METRICS` names. One that breaks costs its own metrics, and is said to."""

    def collect(self) -> Iterable[Metric]:
        broken = []
        for path in settings.METRICS:
            read: Callable[[], list[Metric]] = import_string(path)
            try:
                yield from read()
                broken.append(({"reader": path}, 0.0))
            except Exception as error:  # whatever it is, the others are wanted all the more
                log.warning("%s can't be read: %s", path, str(error).strip().split("\n")[0])
                broken.append(({"reader": path}, 1.0))
                if isinstance(error, DatabaseError) and not connection.in_atomic_block:
                    connection.close()
        yield gauge("metrics_broken", "1 where metrics could not be read just now.", broken)


class Metrics:
    """The answer to /metrics, kept for some seconds: asking often costs nothing, and nobody waits behind another."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_Apps())
        self._reading = threading.Lock()
        self._text = b""
        self._read_at = float("-inf")

    def answer(self, request: HttpRequest) -> HttpResponse:
        """The metrics, or 403 for whoever may not see them."""
        if not _is_allowed(request):
            return HttpResponse(
                "Metrics are for this machine, or for whoever has METRICS_TOKEN.\n", "text/plain", 403
            )
        return HttpResponse(self._read(), content_type=CONTENT_TYPE_LATEST)

    def _read(self) -> bytes:
        # Who comes first of all has to wait; later ones get what is kept while somebody else reads.
        if time.monotonic() - self._read_at >= KEPT_SECONDS and self._reading.acquire(
            blocking=not self._text
        ):
            try:
                if time.monotonic() - self._read_at >= KEPT_SECONDS:
                    self._text = generate_latest(self._registry)
                    self._read_at = time.monotonic()
            finally:
                self._reading.release()
        return self._text


def _is_allowed(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        return constant_time_compare(
            request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"
        )
    if settings.SECURE_PROXY_SSL_HEADER or any(name in request.headers for name in FORWARDED):
        return False
    try:
        # Through a socket of the file system there is no address; a proxy is behind it.
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
