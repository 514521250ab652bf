"""Whose failed log-ins are counted together, and how often anybody may try in a minute.

Both are counted in PostgreSQL: a door that opens when Redis goes away is no door.
"""

import time
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from batchadmin.accounts.services.sessions import address_of
from batchadmin.accounts.services.tries import account_name, tries_note

# Fields that name an account.
NAMES = ("username", "email")
MINUTE = 60  # seconds
CHECKS_PER_MINUTE = 20  # of the channels of one program
KEPT_PER_MINUTE = 20  # forms of people who aren't logged in, from one IP address


def throttled_name(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """The address that was typed, in lower case: another spelling of it must not be another ten tries."""
    typed = (credentials or {}).get("username") or request.POST.get("username", "")
    return str(typed).strip().lower()[:254]


def throttled_address(request: HttpRequest) -> str | None:
    """The IP address that failures are counted for: not our own proxy's."""
    return address_of(request)


def tries_limited(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let one IP address, and whoever tries one account, send LOG_IN_TRIES_PER_MINUTE forms a minute; then 429."""

    @wraps(view)
    def limited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST" and (wait := _wait(request)):
            return _too_many(request, wait)
        return view(request, *args, **kwargs)

    return limited


def checks_wait(program_id: int) -> int:
    """Count one more connection with a channel of this program; seconds until another one may be made, 0 for at once."""
    return _counted_wait([f"check:{program_id}"], most=CHECKS_PER_MINUTE)


def keeping_wait(request: HttpRequest) -> int:
    """Count one more form that is kept until somebody logs in; seconds until another one may be, 0 for at once."""
    return _counted_wait([f"kept:{address_of(request)}"], most=KEPT_PER_MINUTE)


def _wait(request: HttpRequest) -> int:
    """Seconds until this may be tried again; everything that is named is counted."""
    typed = next((request.POST[name] for name in NAMES if request.POST.get(name)), "")
    counted = [f"from:{address_of(request)}"]
    counted += [account_name(typed)] if typed else []
    return _counted_wait(counted, most=settings.LOG_IN_TRIES_PER_MINUTE)


def _counted_wait(names: list[str], *, most: int) -> int:
    now = time.time()
    tries = max(tries_note(name=name, minute=int(now // MINUTE)) for name in names)
    return 0 if tries <= most else max(1, int(MINUTE - now % MINUTE))


def _too_many(request: HttpRequest, wait: int) -> HttpResponse:
    answer = render(request, "accounts/too_many.html", {"seconds": wait}, status=429)
    answer["Retry-After"] = str(wait)
    return answer
