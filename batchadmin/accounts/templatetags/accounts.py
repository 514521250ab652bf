"""Words of the audit trail, for templates."""

from typing import Any

from django import template

from batchadmin.accounts.audit_words import action_words, detail_words

register = template.Library()


@register.filter
def audit_action(code: str) -> str:
    """What was done, in words."""
    return action_words(code)


@register.filter
def audit_detail(detail: dict[str, Any]) -> str:
    """The rest of an entry in one line."""
    return detail_words(detail)
