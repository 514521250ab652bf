"""What a webhook was told, as its page lists it."""

from __future__ import annotations

from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django_tables2 import Column

from batchadmin.lib.routes import address
from batchadmin.lib.tables import PageTable, WhenColumn

from .webhook_models import WebhookDelivery


class DeliveryTable(PageTable):
    """Each thing that was told, or is to be."""

    caption = _("What this webhook was told, the newest first")
    file_columns = [
        (_("When"), "created_at"),
        (_("Event"), lambda _table, one: one.get_event_display()),
        (_("Batch"), "batch.title"),
        (_("Status"), lambda _table, one: one.get_status_display()),
        (_("Attempts"), "made"),
    ]
    created_at = WhenColumn(  # type: ignore[no-untyped-call]
        verbose_name=_("When"), orderable=False
    )
    event = Column(verbose_name=_("Event"), orderable=False)
    batch = Column(verbose_name=_("Batch"), orderable=False, empty_values=())
    status = Column(verbose_name=_("Status"), orderable=False)
    made = Column(verbose_name=_("Attempts"), orderable=False)

    class Meta(PageTable.Meta):
        empty_text = _("Nothing yet. It is told when the next batch ends.")

    def __init__(self, *args: Any, program: str, **kwargs: Any) -> None:
        self.program = program
        super().__init__(*args, **kwargs)

    def render_event(self, value: str, record: WebhookDelivery) -> SafeString:
        """The event, which leads to its attempts."""
        url = address("webhook-delivery", {"program": self.program, "pk": record.pk})
        return format_html('<a href="{}">{}</a>', url, record.get_event_display())

    def render_batch(self, record: WebhookDelivery) -> str:
        """The batch that it is about."""
        return record.batch.title if record.batch else "–"
