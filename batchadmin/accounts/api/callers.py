"""Who calls: the token of a request, whether its role is enough, and how often it has called; then the request's body."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security import HttpBearer

from batchadmin.accounts.api.bodies import body_take
from batchadmin.accounts.api.problems import Problem
from batchadmin.accounts.models import ApiToken, Program
from batchadmin.accounts.services import token_find, token_used
from batchadmin.accounts.states import Role
from batchadmin.lib.rate_limit import seconds_to_wait


class ApiRequest(HttpRequest):
    """A request of another system with a good token; for annotations. `json` is its body, None where there is none."""

    auth: ApiToken
    json: Any

    @property
    def program(self) -> Program:
        """The token's program."""
        return self.auth.program


class TokenAuth(HttpBearer):
    """Lets in who has a token with at least `role`; `request.auth` is the token.

    401 for no token, an unknown or a revoked one (all alike), 403 for a lesser role, 429 for too many calls, 400, 413
    or 415 for a body that can't be read. The body is read last, so nobody without a token can make us read one.
    """

    openapi_name = "token"

    def __init__(self, role: Role = Role.VIEWER) -> None:
        super().__init__()
        self.role = role

    def __call__(self, request: HttpRequest) -> ApiToken:
        token = token_of(request)
        wait = seconds_to_wait(f"token:{token.pk}", per_minute=settings.API_REQUESTS_PER_MINUTE)
        if wait:
            words = _("Too many requests. Try again in {seconds} seconds.").format(seconds=wait)
            raise Problem(429, "too_many_requests", words, headers={"Retry-After": str(wait)})
        if not token.may(self.role):
            words = _("This token is a {role}'s; this needs a {needed}'s.")
            raise Problem(403, "forbidden", words.format(role=token.role, needed=str(self.role)))
        token_used(token=token)
        cast(ApiRequest, request).json = body_take(request)
        return token

    def authenticate(self, request: HttpRequest, token: str) -> None:
        """Never called: `__call__` does all of it."""
        raise NotImplementedError


def token_of(request: HttpRequest) -> ApiToken:
    """The token in the Authorization header; raises Problem (401) when there is no good one."""
    scheme, _blank, text = request.headers.get("Authorization", "").partition(" ")
    token = token_find(plaintext=text.strip()) if scheme.lower() == "bearer" and text.strip() else None
    if token is None:
        words = _("Send a token that is valid: Authorization: Bearer bat_…")
        raise Problem(401, "unauthorized", words, headers={"WWW-Authenticate": "Bearer"})
    return token


MAY_READ = TokenAuth(Role.VIEWER)
MAY_MANAGE = TokenAuth(Role.MANAGER)
