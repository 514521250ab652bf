"""The session's cookie, which only logging out takes away."""

from __future__ import annotations

from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers


class SessionCookies(SessionMiddleware):
    """Django's sessions, but a cookie whose session is gone is left as it is instead of being deleted.

    A page asks for its fragments while its form is sent. When the session has ended, the form's answer brings the cookie of a
    new one, in which the form waits for the log-in; a fragment's answer that arrives later would throw that cookie away, and
    the form with it.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        session = request.session
        if session.is_empty() and not session.modified:
            if session.accessed:
                patch_vary_headers(response, ("Cookie",))
            return response
        return super().process_response(request, response)
