"""Something hostile in every text of every row, past all forms: however it came in, pages have to show it as text."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Cast, Concat

from batchadmin.accounts.models import AuditEntry, Membership
from batchadmin.accounts.services import audit_record

# What the template's braces below would become. Long, as pages hold tokens of 64 letters and digits, drawn by lot.
WORKED_OUT = "q603729q"
# Breaks out of attributes and text, opens elements and a script, says a template's braces, a formula, and turns the line around.
LONG = """'"></textarea><xss-x onclick=alert(1)><img src=x onerror=alert(2)><script>alert(3)</script>q{{777*777}}q\u202e"""
MIDDLE = """'"><xss-x onclick=alert(1)>q{{777*777}}q"""
SHORT = """"><xss-x>"""
ADDRESS = "javascript:alert(4)//"
OURS = ("accounts", "batches", "campaigns", "messaging")

# Words that only the program itself writes and reads: another one there is no text that somebody brought in.
MACHINE = {
    "action", "content_type", "delivery", "field_name", "file", "fingerprint", "host", "key", "kind", "lock", "mark",
    "matching", "msisdn", "password", "prefix", "reason", "reference", "request_id", "scope", "secret", "secrets",
    "session_key", "slug",
    "time_zone", "token_hash", "type", "uid", "wait_reason", "what",
}  # fmt: skip
# By which people log in here, and by which rows are found.
KEPT = {
    "Subscription.provider",
    "Subscription.subscription_id",
    "User.email",
    "Membership.role",
    "Receipt.provider_id",
    "Import.import_id",
}
ANY_WORDS = {"Influencer.attributes", "Influencer.handles", "Subscription.attributes", "ImportBulk.errors"}
NEVER_CHANGED = {AuditEntry}  # the database refuses


def rows_fill(member: Membership) -> set[str]:
    """Put it into every row there is; returns the fields that were filled, as `Model.field`."""
    filled = set()
    for model in apps.get_models():
        if model._meta.app_label not in OURS or model in NEVER_CHANGED:
            continue
        for field in model._meta.concrete_fields:
            name = f"{model.__name__}.{field.name}"
            if _is_text(field) and name not in KEPT:
                # A plain query set: those of history refuse.
                models.QuerySet(model).update(**{field.name: _text(model, field)})
                filled.add(name)
            elif name in ANY_WORDS:
                _words_fill(model, field.name)
                filled.add(name)
    audit_record(program=member.program, actor=member.user, action="channel.changed", subject=LONG, why=LONG)
    return filled


def _is_text(field: Any) -> bool:
    is_text = isinstance(field, (models.CharField, models.TextField)) and not isinstance(
        field, models.FileField
    )
    return is_text and not field.choices and field.name not in MACHINE


def _text(model: Any, field: Any) -> Any:
    """The longest that fits, with the row's number behind it: no two are alike."""
    room = (field.max_length or 1_000) - 12
    text = next((one for one in (LONG, MIDDLE, SHORT) if len(one) <= room), None)
    assert text is not None, f"{model.__name__}.{field.name} has no room"
    if field.name == "url":
        text = ADDRESS + text
    if isinstance(model._meta.pk, models.CompositePrimaryKey):
        return Value(text)
    return Concat(Value(text), Cast(F("pk"), models.TextField()))


def _words_fill(model: Any, name: str) -> None:
    for row in model._default_manager.all():
        found = getattr(row, name)
        setattr(row, name, _hostile(found) | {LONG: LONG} if isinstance(found, dict) else _hostile(found))
        row.save(update_fields=[name])


def _hostile(found: Any) -> Any:
    if isinstance(found, dict):
        return {key: _hostile(value) for key, value in found.items()}
    if isinstance(found, list):
        return [_hostile(value) for value in found]
    return LONG if isinstance(found, str) else found
