"""Whose failed log-ins are counted together."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest


def throttled_name(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """The address that was typed, in lower case: another spelling of it must not be another ten tries."""
    typed = (credentials or {}).get("username") or request.POST.get("username", "")
    return str(typed).strip().lower()[:254]
