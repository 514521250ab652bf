"""Where Redis is, in the words of its library: an address, or sentinels that know which server is the first one now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.connection import SSLConnection, parse_url
from redis.retry import Retry
from redis.sentinel import Sentinel

QUICK_SECONDS = 1.0
SENTINEL_PORT = 26379


def queue_settings(url: str, sentinels: Sequence[str], sentinel_password: str) -> dict[str, Any]:
    """What django-rq needs to know of a queue. With `sentinels`, the host in `url` is the name that these know it by.

    Jobs have no time-out of RQ's own: a signal in the middle of a hand-over would lose its answer. Slices end by themselves.
    """
    if not sentinels:
        return {"URL": url, "DEFAULT_TIMEOUT": -1}
    options = dict(parse_url(url))  # type: ignore[no-untyped-call]
    is_tls = options.pop("connection_class", None) is SSLConnection
    options.pop("port", None)
    more = (
        {"ssl": True, **{name: options[name] for name in options if name.startswith("ssl_")}}
        if is_tls
        else {}
    )
    return {
        "SENTINELS": [_sentinel(word) for word in sentinels],
        "MASTER_NAME": options["host"],
        "DB": options.get("db", 0),
        "USERNAME": options.get("username"),
        "PASSWORD": options.get("password"),
        "SOCKET_TIMEOUT": None,
        "CONNECTION_KWARGS": more,
        "SENTINEL_KWARGS": {
            "socket_timeout": QUICK_SECONDS,
            "socket_connect_timeout": QUICK_SECONDS,
            **({"password": sentinel_password} if sentinel_password else {}),
            **more,
        },
        "DEFAULT_TIMEOUT": -1,
    }


def quick_client() -> Redis:
    """A connection that says at once that Redis is away: for those who have a way to go on without it."""
    quick: dict[str, Any] = {
        "socket_timeout": QUICK_SECONDS,
        "socket_connect_timeout": QUICK_SECONDS,
        "retry": Retry(NoBackoff(), 0),
    }
    found = settings.RQ_QUEUES["express"]
    if "URL" in found:
        return Redis.from_url(found["URL"], **quick)
    options = {"db": found["DB"], "username": found["USERNAME"], "password": found["PASSWORD"]}
    sentinel = Sentinel(  # type: ignore[no-untyped-call]
        found["SENTINELS"],
        sentinel_kwargs=found["SENTINEL_KWARGS"],
        **options,
        **found["CONNECTION_KWARGS"],
        **quick,
    )
    client: Redis = sentinel.master_for(found["MASTER_NAME"])  # type: ignore[no-untyped-call]
    return client


def _sentinel(word: str) -> tuple[str, int]:
    """HOST or HOST:PORT; an IPv6 address stands in brackets."""
    host, separator, port = word.rpartition(":")
    if separator and port.isdigit():
        return host.strip("[]"), int(port)
    return word.strip("[]"), SENTINEL_PORT
