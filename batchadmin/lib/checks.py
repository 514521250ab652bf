"""What `manage.py check` says of dangerous settings: each with an id, what may come of it, and what to do.

Those that nobody can want (E) stop every command. Those about operation (W) are said by `check --deploy`, and those that the
servers themselves know by `check --deploy --database default`.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connection
from django.utils import timezone
from redis.exceptions import RedisError

from .env import FILE_BACKEND, is_set
from .redis_connection import quick_client

SHORTEST_TOKEN = 16
DRIFT_SECONDS = 2.0
FAR_FILE_SYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "9p", "ceph", "glusterfs"}


@register(Tags.security)
def debug_in_public(app_configs: object, **kwargs: Any) -> list[CheckMessage]:
    """E001: everybody would see settings and data in error pages."""
    if not settings.DEBUG or _is_here(settings.BASE_URL):
        return []
    words = f"DEBUG is on, and BASE_URL ({settings.BASE_URL}) is an address that others can reach."
    return [Error(words, hint="Unset DEBUG: error pages show settings and data.", id="batchadmin.E001")]


@register(Tags.security)
def metrics_token(app_configs: object, **kwargs: Any) -> list[CheckMessage]:
    """E002: a token that can be guessed."""
    if not settings.METRICS_TOKEN or len(settings.METRICS_TOKEN) >= SHORTEST_TOKEN:
        return []
    words = f"METRICS_TOKEN has fewer than {SHORTEST_TOKEN} characters."
    return [Error(words, hint="Write at least that many random ones, or leave it out.", id="batchadmin.E002")]


@register(Tags.security, deploy=True)
def secret_key(app_configs: object, **kwargs: Any) -> list[CheckMessage]:
    """W003: each host would make a key of its own, and couldn't open what others have encrypted or signed."""
    if is_set("SECRET_KEY"):
        return []
    hint = "Set it (or SECRET_KEY_FILE) to the same 50 random characters on all hosts, and keep a copy apart."
    return [Warning("SECRET_KEY isn't set; this host has made its own.", hint=hint, id="batchadmin.W003")]


@register(Tags.security, deploy=True)
def plain_http(app_configs: object, **kwargs: Any) -> list[CheckMessage]:
    """W004 and W005: passwords in the clear, or every request taken for one in the clear."""
    if not settings.BASE_URL.startswith("https://"):
        hint = "Put TLS in front and write BASE_URL=https://…; cookies are then for https only."
        return [Warning("BASE_URL begins with http://.", hint=hint, id="batchadmin.W004")]
    if settings.SECURE_PROXY_SSL_HEADER:
        return []
    hint = "Set BEHIND_PROXY=true if a proxy ends TLS and sets X-Forwarded-Proto; else every page redirects to itself."
    return [
        Warning("BASE_URL begins with https://, but BEHIND_PROXY isn't set.", hint=hint, id="batchadmin.W005")
    ]


@register(Tags.security, deploy=True)
def outgoing_hosts(app_configs: object, **kwargs: Any) -> list[CheckMessage]:
    """W006: whoever may enter an address of a webhook could reach that part of our own network."""
    inside = [name for name in settings.OUTGOING_ALLOWED_HOSTS if _is_inside(name)]
    if not inside:
        return []
    hint = "Leave out what need not be told by webhooks: every owner of a program can send requests there."
    words = f"OUTGOING_ALLOWED_HOSTS names hosts inside our own network: {', '.join(inside)}."
    return [Warning(words, hint=hint, id="batchadmin.W006")]


@register(deploy=True)
def email_address(app_configs: object, **kwargs: Any) -> list[CheckMessage]:
    """W007: notices and password resets reach nobody."""
    if settings.EMAIL_BACKEND != FILE_BACKEND:
        return []
    hint = "Set EMAIL_URL=smtp+starttls://user:password@host:587 and DEFAULT_FROM_EMAIL."
    return [
        Warning(
            "EMAIL_URL isn't set: the program's own mail stays in a folder.", hint=hint, id="batchadmin.W007"
        )
    ]


@register(deploy=True)
def local_disk(app_configs: object, **kwargs: Any) -> list[CheckMessage]:
    """W008: journals on another machine's disk know nothing for certain after a crash."""
    kind = _file_system(settings.DATA_DIR, Path("/proc/mounts"))
    if kind not in FAR_FILE_SYSTEMS:
        return []
    hint = "Give each host a DATA_DIR on a disk of its own; locks and journals don't work reliably on network file systems."
    return [Warning(f"DATA_DIR lies on a network file system ({kind}).", hint=hint, id="batchadmin.W008")]


@register(deploy=True)
def temporary_services(app_configs: object, **kwargs: Any) -> list[CheckMessage]:
    """W009: embedded servers serve one machine."""
    if "BATCHADMIN_EMBEDDED" not in os.environ:
        return []
    hint = "Fine on one machine that is backed up. For more, set DATABASE_URL and REDIS_URL."
    return [Warning("PostgreSQL or Redis is the embedded one.", hint=hint, id="batchadmin.W009")]


@register(deploy=True)
def shared_files(app_configs: object, **kwargs: Any) -> list[CheckMessage]:
    """W015: a file that one host has taken isn't there for a worker on another one."""
    if "BATCHADMIN_EMBEDDED" in os.environ or is_set("FILES_DIR"):
        return []
    hint = (
        "Set FILES_DIR to a folder that web and workers of all hosts see (a network file system will do);"
        " if there is but one host, to DATA_DIR/files."
    )
    return [
        Warning(
            "FILES_DIR isn't set: files stay on the host that took them.", hint=hint, id="batchadmin.W015"
        )
    ]


@register(Tags.database)
def database_settings(
    app_configs: object, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """W010 to W012: a database that forgets what it has promised, or whose clock is another one."""
    if not databases:
        return []
    with connection.cursor() as cursor:
        before = timezone.now()
        cursor.execute(
            "SELECT current_setting('fsync'), current_setting('full_page_writes'),"
            " current_setting('synchronous_commit'), clock_timestamp()"
        )
        fsync, pages, commit, clock = cursor.fetchone()
    return list(_about_database(fsync, pages, commit, _drift(before, clock, timezone.now())))


def _drift(before: datetime, clock: datetime, after: datetime) -> float:
    """How many seconds another's clock is off that was read between these two moments, however long that took."""
    return max((before - clock).total_seconds(), (clock - after).total_seconds(), 0.0)


def _about_database(fsync: str, pages: str, commit: str, drift: float) -> Iterable[CheckMessage]:
    if "off" in (fsync, pages):
        hint = "Turn both on: after a power cut the ledger would be damaged, and messages might go out twice."
        yield Error("PostgreSQL runs with fsync or full_page_writes off.", hint=hint, id="batchadmin.E010")
    if commit == "off":
        hint = "Turn it on: a crash of the database would forget the last claims, and what they named might go out twice."
        yield Error("PostgreSQL runs with synchronous_commit off.", hint=hint, id="batchadmin.E011")
    if drift > DRIFT_SECONDS:
        hint = "Keep both right with NTP: leases and pauses are times, and at 12 s a live worker is taken for dead."
        words = f"The clocks of this host and of PostgreSQL are {drift:.0f} s apart."
        yield Warning(words, hint=hint, id="batchadmin.W012")


@register(Tags.database)
def redis_settings(
    app_configs: object, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """W013: a Redis that throws wake-up calls and paces away when it is full."""
    if not databases:
        return []
    try:
        with quick_client() as client:
            memory: Any = client.info("memory")
    except RedisError:
        return [
            Warning(
                "Redis doesn't answer.",
                hint="Look at REDIS_URL; work goes on slowly meanwhile.",
                id="batchadmin.W014",
            )
        ]
    policy = memory.get("maxmemory_policy", "noeviction")
    if policy == "noeviction":
        return []
    hint = "Set maxmemory-policy noeviction. It needs a few megabytes, and should share them with no cache."
    return [Warning(f"Redis forgets keys when it is full ({policy}).", hint=hint, id="batchadmin.W013")]


def _is_here(url: str) -> bool:
    """Whether an address is this machine's own."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _is_inside(name: str) -> bool:
    host = name.rpartition(":")[0] if name.count(":") == 1 else name
    try:
        return not ipaddress.ip_network(host.strip("[]"), strict=False).is_global
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".internal", ".local", ".lan"))


def _file_system(folder: Path, mounts: Path) -> str:
    """The type of the file system that a folder is on; empty where that can't be known."""
    try:
        rows = [line.split() for line in mounts.read_text().splitlines()]
    except OSError:
        return ""
    above = [(len(row[1]), row[2]) for row in rows if folder.is_relative_to(row[1].replace("\\040", " "))]
    return max(above, default=(0, ""))[1]
