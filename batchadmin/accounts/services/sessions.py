"""The browsers in which a user is logged in: noted, looked at, ended."""

from __future__ import annotations

import ipaddress
import re
from datetime import timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from batchadmin.accounts.entry_models import UserSession
from batchadmin.accounts.models import User
from batchadmin.accounts.services.tries import tries_forget

SEEN_EVERY = timedelta(minutes=5)
SEEN = "seen"  # in the session: when its last sight was noted, in Unix seconds
# The first that fits counts: Edge and Opera call themselves Chrome as well, and Chrome calls itself Safari.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrom", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def session_note(*, request: HttpRequest, user: User) -> None:
    """Note that the user has logged in with this request's session."""
    if request.session.session_key is None:
        request.session.save()
    request.session[SEEN] = int(timezone.now().timestamp())
    UserSession.objects.update_or_create(
        session_key=request.session.session_key,
        defaults={"user": user, "device": device_of(request), "address": address_of(request)},
    )


def session_seen(*, request: HttpRequest) -> None:
    """Note, at most every five minutes, that a session is in use."""
    now = timezone.now()
    if now.timestamp() - request.session.get(SEEN, 0) < SEEN_EVERY.total_seconds():
        return
    request.session[SEEN] = int(now.timestamp())
    UserSession.objects.filter(session_key=request.session.session_key).update(
        seen_at=now, address=address_of(request)
    )


@transaction.atomic
def session_end(*, session: UserSession) -> None:
    """Log that browser out."""
    Session.objects.filter(session_key=session.session_key).delete()
    session.delete()


@transaction.atomic
def sessions_end(*, user: User, but: str | None = None) -> int:
    """Log the user out everywhere, or everywhere but in the session with the key `but`; how many that were."""
    ended = UserSession.objects.filter(user=user).exclude(session_key=but or "")
    keys = list(ended.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    return ended.delete()[0]


def sessions_forget() -> int:
    """Delete the sessions that have run out, and tries of earlier minutes; returns how many sessions were listed."""
    now = timezone.now()
    tries_forget(minute=int(now.timestamp() // 60))
    Session.objects.filter(expire_date__lt=now).delete()
    old = now - timedelta(seconds=settings.SESSION_COOKIE_AGE)
    return UserSession.objects.filter(seen_at__lt=old).delete()[0]


def device_of(request: HttpRequest) -> str:
    """Browser and system, without versions: "Firefox on Linux"; empty when the browser doesn't say."""
    agent = request.META.get("HTTP_USER_AGENT", "")
    found = [next((name for mark, name in names if mark in agent), "") for names in (BROWSERS, SYSTEMS)]
    return " on ".join(name for name in found if name)


def address_of(request: HttpRequest) -> str | None:
    """The IP address that the request came from; behind a proxy of ours the one that the proxy names last."""
    told = request.META.get("REMOTE_ADDR", "")
    if settings.SECURE_PROXY_SSL_HEADER and (passed := request.META.get("HTTP_X_FORWARDED_FOR")):
        told = re.split(r"\s*,\s*", passed.strip())[-1]
    try:
        return str(ipaddress.ip_address(told))
    except ValueError:
        return None
