"""What happens by itself when somebody logs in, looks at a page, or logs out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from batchadmin.accounts.entry_models import UserSession
from batchadmin.accounts.models import User
from batchadmin.accounts.services.sessions import SEEN, session_note, session_seen


@receiver(user_logged_in)
def logged_in(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """List the session."""
    session_note(request=request, user=user)


@receiver(user_logged_out)
def logged_out(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    """Take it from the list."""
    if request.session.session_key:
        UserSession.objects.filter(session_key=request.session.session_key).delete()


class SessionsSeen:
    """Keeps "last seen" of the session in use right; costs nothing but every five minutes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # Whoever has no cookie has no session to be seen, and isn't given one.
        if request.session.session_key and SEEN in request.session:
            session_seen(request=request)
        return self.get_response(request)
