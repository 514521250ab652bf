"""What the lists of templates, automation, triggers and launches can be narrowed down by."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, ChoiceFilter, ModelChoiceFilter

from batchadmin.accounts.access import MemberRequest
from batchadmin.lib.filters import ListFilter
from campaigns.models import Campaign, Influencer
from messaging.models import AutomatedDelivery, Channel, Template, Trigger, TriggerLaunch
from messaging.states import Delivery, LaunchState


def _campaigns(request: MemberRequest) -> QuerySet[Campaign]:
    return Campaign.objects.visible_to(request.membership).order_by("name")


def _channels(request: MemberRequest) -> QuerySet[Channel]:
    return Channel.objects.visible_to(request.membership).in_order()


class TemplateFilter(ListFilter):
    """Words of name or subject; the campaign it is for; when it is sent."""

    searched = ("name", "subject")

    campaign = ModelChoiceFilter(label=_("Campaign"), queryset=_campaigns, empty_label=_("Any"))
    delivery = ChoiceFilter(label=_("Sent"), choices=Delivery.choices, empty_label=_("Any"))

    class Meta:
        model = Template
        fields: list[str] = []


class TriggerFilter(ListFilter):
    """Words of name or subject; its channel; whether it can be launched."""

    searched = ("name", "subject")

    channel = ModelChoiceFilter(label=_("Channel"), queryset=_channels, empty_label=_("Any"))
    active = ChoiceFilter(
        field_name="is_active", label=_("Status"), choices=[("True", _("Active")), ("False", _("Not active"))],
        empty_label=_("Any"),
    )  # fmt: skip

    class Meta:
        model = Trigger
        fields: list[str] = []


class LaunchFilter(ListFilter):
    """Words of who launched it; how far it is."""

    searched = ("token__name", "requester__email")

    q = CharFilter(method="filter_words", label=_("Search by token or requester"))
    state = ChoiceFilter(label=_("Status"), choices=LaunchState.choices, empty_label=_("Any"))

    class Meta:
        model = TriggerLaunch
        fields: list[str] = []


class DueFilter(ListFilter):
    """Words of the name, address or handle of somebody to whom a template was due."""

    q = CharFilter(method="filter_words", label=_("Search by name or address"))

    class Meta:
        model = AutomatedDelivery
        fields: list[str] = []

    def filter_words(self, rows: QuerySet[Any], _name: str, words: str) -> QuerySet[Any]:
        """The deliveries to those who match."""
        people = Influencer.objects.visible_to(self.request.membership).search(words)
        return rows.filter(influencer__in=people.values("pk"))
