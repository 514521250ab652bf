"""Selects and boxes drawn without a template for each option: a program has hundreds of stages, and a page several selects."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.forms.utils import flatatt
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe

from batchadmin.lib.markup import escaped

SELECT = "django/forms/widgets/select.html"
OPTIONS = ("django/forms/widgets/checkbox_option.html", "django/forms/widgets/radio_option.html")


class QuickSelects(DjangoTemplates):
    """Django's own renderer of forms, but for selects and boxes, whose HTML is the same."""

    def render(
        self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None
    ) -> SafeString:
        """The widget or form as HTML."""
        if template_name == SELECT:
            return select_html(context["widget"])
        if template_name in OPTIONS and not context["widget"].get("wrap_label"):
            return input_html(context["widget"])
        return mark_safe(super().render(template_name, context, request))  # noqa: S308 (a template made it)


def select_html(widget: Mapping[str, Any]) -> SafeString:
    """A select as Django's template writes it, from what its widget gives to that template."""
    parts = [f'<select name="{escape(widget["name"])}"{_attributes(widget)}>']
    for label, options, _index in widget["optgroups"]:
        if label:
            parts.append(f'<optgroup label="{escaped(label)}">')
        parts += [
            f'<option value="{escape(str(option["value"]))}"{_attributes(option)}>{escaped(option["label"])}</option>'
            for option in options
        ]
        if label:
            parts.append("</optgroup>")
    return mark_safe("\n".join([*parts, "</select>"]))  # noqa: S308 (every part was escaped)


def input_html(widget: Mapping[str, Any]) -> SafeString:
    """An input without a label as Django's template writes it."""
    value = "" if widget["value"] is None else f' value="{escape(str(widget["value"]))}"'
    named = f'<input type="{escape(widget["type"])}" name="{escape(widget["name"])}"'
    return mark_safe(f"{named}{value}{_attributes(widget)}>")  # noqa: S308 (every part was escaped)


def _attributes(of: Mapping[str, Any]) -> str:
    if not of["attrs"]:  # as nearly all options are
        return ""
    return flatatt({name: value for name, value in of["attrs"].items() if value is not None})
