"""The fields for a message that a provider has approved; compose and the editor of templates have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .services.offers import Offers

LINES = {"rows": 3, "dir": "auto"}


class ApprovedFields(forms.Form):
    """What to say of an approved message; empty for none."""

    offers_problem = ""  # why there is no list to pick from

    approved_pick = forms.CharField(label=_("Approved at WhatsApp"), required=False, widget=forms.Select)
    approved_name = forms.CharField(
        label=_("Name of the template"), max_length=512, required=False,
        help_text=_("As in WhatsApp Manager, such as spring_box. It goes out instead of the message."),
    )  # fmt: skip
    approved_language = forms.CharField(
        label=_("Language"), max_length=10, required=False, initial="en", help_text=_("Such as en or en_US."),
    )  # fmt: skip
    approved_header_type = forms.ChoiceField(
        label=_("On top"), required=False,
        choices=[
            ("", _("Nothing that varies")), ("text", _("A text")), ("image", _("An image")), ("video", _("A video")),
            ("document", _("A document")),
        ],
    )  # fmt: skip
    approved_header = forms.CharField(
        label=_("Text, or address of the file"), max_length=2_000, required=False,
        help_text=_("A file's address begins with https://; WhatsApp fetches it there."),
    )  # fmt: skip
    approved_parameters = forms.CharField(
        label=_("Its variables"), max_length=20_000, required=False,
        help_text=_("One a line, in their order, or as “name = text”; each may hold variables of ours."),
        widget=forms.Textarea(attrs=LINES),
    )  # fmt: skip
    approved_buttons = forms.CharField(
        label=_("Its buttons"), max_length=5_000, required=False,
        help_text=_(
            "Only those with something that varies, one a line: number, then url, code or reply, then the text."
            " Such as: 1 url {{ influencer.external_id }}"
        ),
        widget=forms.Textarea(attrs=LINES),
    )  # fmt: skip

    def offer(self, offers: Offers) -> None:
        """Show these to pick from."""
        choices = [(one.key, f"{one.name} · {one.language} · {one.category.lower()}") for one in offers.all]
        self.fields["approved_pick"].widget.choices = [("", _("Pick one")), *choices]
        self.offers_problem = offers.problem


def approved_given(cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """What the fields say, for `approved_clean`; {} for none."""
    name = cleaned.get("approved_name", "")
    if not name:
        return {}
    given: dict[str, Any] = {
        "name": name,
        "language": cleaned.get("approved_language", ""),
        "parameters": lines_of(cleaned.get("approved_parameters", "")),
    }
    if cleaned.get("approved_header"):
        given["header"] = {
            "type": cleaned.get("approved_header_type") or "text",
            "value": cleaned["approved_header"],
        }
    buttons = lines_of(cleaned.get("approved_buttons", ""))
    return {**given, "buttons": buttons} if buttons else given


def lines_of(text: str) -> list[str]:
    """The lines that have something on them."""
    return [line.strip() for line in text.splitlines() if line.strip()]
