"""The forms of triggers' pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from batchadmin.accounts.models import Membership
from messaging.forms import MessageForm
from messaging.models import Channel


class TriggerForm(MessageForm):
    """A trigger."""

    name = forms.CharField(label=_("Name"), max_length=120)
    channel = forms.ModelChoiceField(label=_("Channel"), queryset=Channel.objects.none(), empty_label=None)
    by_api = forms.BooleanField(label=_("Other systems may launch it by API"), required=False, initial=True)
    field_order = ["name", "channel", "subject", "body", "by_api"]

    def __init__(self, *args: Any, membership: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["channel"].queryset = Channel.objects.visible_to(membership).in_order()  # type: ignore[attr-defined]


class HookForm(forms.Form):
    """Where custom data is posted to."""

    url = forms.CharField(
        label=_("Address"), max_length=2_000, widget=forms.URLInput(attrs={"placeholder": "https://"})
    )
