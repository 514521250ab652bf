"""What one's notices, and what a webhook was told, can be narrowed down by."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import ChoiceFilter

from batchadmin.lib.filters import ListFilter
from batches.models import Notice, WebhookDelivery
from batches.webhook_models import DeliveryStatus

UNREAD = "unread"


class NoticeFilter(ListFilter):
    """Words of what ended; unread ones."""

    searched = ("subject",)

    show = ChoiceFilter(
        method="filter_unread", label=_("Show"), choices=[(UNREAD, _("Unread"))], empty_label=_("All")
    )

    class Meta:
        model = Notice
        fields: list[str] = []

    def filter_unread(self, notices: QuerySet[Any], _name: str, _value: str) -> QuerySet[Any]:
        """Those that have not been read."""
        return notices.filter(read_at=None)


class ToldFilter(ListFilter):
    """Words of the batch; how telling went."""

    searched = ("batch__name", "batch__campaign_name")

    status = ChoiceFilter(label=_("Status"), choices=DeliveryStatus.choices, empty_label=_("Any"))

    class Meta:
        model = WebhookDelivery
        fields: list[str] = []
