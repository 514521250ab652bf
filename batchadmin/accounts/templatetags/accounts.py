"""Words of the audit trail, and of the API's description, for templates."""

import re
from typing import Any

from django import template
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString

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


@register.filter
def prose(text: str) -> SafeString:
    """A description as paragraphs, which an empty line parts; what stands between ` is code."""
    paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip()]
    return format_html_join("", "<p>{}</p>", [(coded(part),) for part in paragraphs])


@register.filter
def coded(text: str) -> SafeString:
    """One line, of which what stands between ` is code."""
    parts = [
        format_html("<code>{}</code>", part) if odd % 2 else escape(part)
        for odd, part in enumerate(text.split("`"))
    ]
    return format_html_join("", "{}", [(part,) for part in parts])
