"""The form of a webhook."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from .webhook_models import WebhookEvent, all_ends

ENDS = [(event.value, event.label) for event in WebhookEvent if event != WebhookEvent.PING]


class WebhookForm(forms.Form):
    """Where to tell it, and what."""

    url = forms.CharField(
        label=_("Address"),
        max_length=2_000,
        help_text=_("Such as https://example.com/batchadmin. It gets a signed POST in JSON."),
        widget=forms.URLInput,
    )
    events = forms.MultipleChoiceField(
        label=_("Tell it when"), choices=ENDS, initial=all_ends, widget=forms.CheckboxSelectMultiple
    )
    is_active = forms.BooleanField(label=_("Switched on"), required=False)
