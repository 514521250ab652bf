"""Sentry, if SENTRY_DSN names one: errors with their traceback, and nothing about people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from .env import EnvError
from .later import later
from .logs import request_id, scrub

if TYPE_CHECKING:
    import sentry_sdk
    from sentry_sdk.types import Event, Hint
else:
    sentry_sdk = later("sentry_sdk")

KEPT_OF_REQUEST = ("method",)  # its address may hold a token, its headers and body hold anything


def begin(dsn: str) -> None:
    """Report errors there from now on; nothing without an address. Raises EnvError for one that Sentry can't use."""
    if not dsn:
        return
    try:
        sentry_sdk.init(**options(dsn))
    except sentry_sdk.utils.BadDsn:
        raise EnvError("SENTRY_DSN is no address of a Sentry project: copy it from its settings.") from None


def options(dsn: str) -> dict[str, Any]:
    """How errors are reported: no person, no local variables, no bodies, no traces of speed."""
    return {
        "dsn": dsn,
        "send_default_pii": False,
        "include_local_variables": False,
        "max_request_body_size": "never",
        "max_breadcrumbs": 20,
        "before_send": without_people,
        "before_breadcrumb": lambda crumb, hint: scrub(crumb) if crumb.get("category") != "query" else None,
    }


def without_people(event: Event, hint: Hint) -> Event:
    """The report without what could be about somebody, and with the id of the request."""
    found = cast(dict[str, Any], scrub(event))
    found.pop("user", None)
    found.pop("server_name", None)
    found.pop("extra", None)  # the command line may name people
    if "request" in found:
        found["request"] = {name: found["request"].get(name) for name in KEPT_OF_REQUEST}
    found.setdefault("tags", {})["request"] = request_id()
    return cast("Event", found)
