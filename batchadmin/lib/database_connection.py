"""Where PostgreSQL is, in Django's words."""

from __future__ import annotations

from typing import Any

import dj_database_url

# A host that is cut off is to notice it before others take its work over, not when the kernel gives up, much later.
NOTICE_IN_TIME = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # milliseconds
}


def database_settings(url: str) -> dict[str, Any]:
    """One of Django's DATABASES. What `url` says of the connection goes before what is said here."""
    parsed: dict[str, Any] = {**dj_database_url.parse(url, conn_max_age=600, conn_health_checks=True)}
    return {
        **parsed,
        "OPTIONS": {**NOTICE_IN_TIME, **parsed.get("OPTIONS", {})},
        # PgBouncer in transaction mode keeps no session state, so cursors on the server can't outlive a transaction.
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }
