"""Who calls: by the header's token, or by the body's; never by one in the address, which ends up in logs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from batchadmin.accounts.models import ApiToken
from batchadmin.accounts.services import token_find
from batchadmin.accounts.states import Role
from batchadmin.lib.rate_limit import seconds_to_wait

from .problems import Refused, unauthorized


def header_token(request: HttpRequest) -> ApiToken | None:
    """The token in the Authorization header, None if there is no such header; raises Refused for a bad one."""
    header = request.headers.get("Authorization", "")
    if not header:
        return None
    scheme, _blank, text = header.partition(" ")
    return _found(text.strip() if scheme.lower() == "bearer" else "")


def body_token(value: Any) -> ApiToken:
    """The token that a document brings; raises Refused."""
    return _found(value.strip() if isinstance(value, str) else "")


def _found(text: str) -> ApiToken:
    token = token_find(plaintext=text) if text else None
    if token is None:
        raise unauthorized()
    return token


def admit(token: ApiToken, role: Role) -> None:
    """Raise Refused for a token that calls too often, or may not do what needs `role`."""
    wait = seconds_to_wait(f"token:{token.pk}", per_minute=settings.API_REQUESTS_PER_MINUTE)
    if wait:
        words = _("Too many requests. Try again in %(seconds)s seconds.") % {"seconds": wait}
        raise Refused(429, words, headers={"Retry-After": str(wait)})
    if not token.may(role):
        words = _("This token is a %(role)s's; this needs a %(needed)s's.")
        raise Refused(403, words % {"role": token.role, "needed": str(role)})
