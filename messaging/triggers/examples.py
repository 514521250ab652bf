"""A launch of a trigger as a command that can be copied."""

from __future__ import annotations

import json
import shlex
from typing import Any

from django.conf import settings
from django.urls import reverse

from messaging.models import Trigger
from messaging.providers.registry import provider_class

from .message import content_fields

TOKEN = "YOUR_TOKEN"  # noqa: S105 - stands where the reader's own goes


def curl_of(trigger: Trigger) -> str:
    """A ready-made curl that launches the trigger; only token and addresses are to be filled in."""
    by = "email" if provider_class(trigger.channel).reaches == "email" else "phone"
    named = {"email": "somebody@example.com"} if by == "email" else {"phone": "+491512345678"}
    document: dict[str, Any] = {"trigger_id": trigger.pk, "matching": by, "data": [named]}
    fields = content_fields(trigger.subject, trigger.body)
    if fields:
        document["content"] = dict.fromkeys(fields, "…")
    body = json.dumps(document, ensure_ascii=False, indent=2)
    return (
        f"curl {settings.BASE_URL}{reverse('trigger-start-batch')} \\\n"
        f"  -H 'Authorization: Bearer {TOKEN}' \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        f"  -d {shlex.quote(body)}"
    )
