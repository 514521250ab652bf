"""The tables of the Automation pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django_tables2 import Column

from batchadmin.lib.routes import address
from batchadmin.lib.tables import NUMBER, PageTable, WhenColumn
from batchadmin.lib.templatetags.ui import amount, badge, share
from batches.cells import item_reason_cell
from messaging.log_cells import not_reported
from messaging.models import AutomatedDelivery, Template

from .counting import Sums, sums_of
from .rows import DeliveryRow, rows_of

SUMS_OF_FILE = (
    (_("Successful"), "succeeded"),
    (_("Failed"), "failed"),
    (_("Skipped"), "skipped"),
    (_("Not sent"), "not_sent"),
    (_("Unknown"), "unknown"),
    (_("Waiting"), "waiting"),
    (_("Delivered"), "delivered"),
    (_("Read"), "read"),
)


class AutomationTable(PageTable):
    """The templates that go out by themselves, each with what came of it."""

    caption = _("Templates that go out by themselves")
    file_columns = [
        (_("Template"), "name"),
        (_("Sent"), lambda _table, one: one.get_delivery_display()),
        *[
            (title, lambda table, one, name=name: getattr(table.sums.get(one.pk, Sums()), name))
            for title, name in SUMS_OF_FILE
        ],
    ]

    name = Column(verbose_name=_("Template"), orderable=True)
    when = Column(verbose_name=_("Sent"), empty_values=())
    succeeded = Column(verbose_name=_("Successful"), empty_values=(), attrs=NUMBER)
    delivered = Column(verbose_name=_("Delivered"), empty_values=(), attrs=NUMBER)
    failed = Column(verbose_name=_("Failed"), empty_values=(), attrs=NUMBER)
    skipped = Column(verbose_name=_("Skipped"), empty_values=(), attrs=NUMBER)
    waiting = Column(verbose_name=_("Waiting"), empty_values=(), attrs=NUMBER)

    class Meta(PageTable.Meta):
        fields = ("name", "when", "succeeded", "delivered", "failed", "skipped", "waiting")
        orderable = False

    def __init__(self, *args: Any, slug: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.slug = slug

    @cached_property
    def sums(self) -> dict[int, Sums]:
        """The numbers of this page's templates, asked for once."""
        return sums_of([row.record for row in self.paginated_rows])

    def file_lot(self, records: Sequence[Template]) -> None:
        """The numbers of a lot of templates, asked for once."""
        self.sums = sums_of(list(records))

    def render_name(self, record: Template) -> SafeString:
        url = address("automation-template", {"program": self.slug, "pk": record.pk})
        return format_html('<a href="{}"><bdi>{}</bdi></a>', url, record.name)

    def render_when(self, record: Template) -> str:
        return self.piece("messaging/automation/_when.html", template=record)

    def _number(self, record: Template, name: str) -> str:
        return amount(getattr(self.sums.get(record.pk, Sums()), name))

    def render_succeeded(self, record: Template) -> str:
        return self._number(record, "succeeded")

    def render_delivered(self, record: Template) -> str:
        sums = self.sums.get(record.pk, Sums())
        if not sums.reported:
            return not_reported()
        return share(sums.delivered, sums.reported)

    def render_failed(self, record: Template) -> str:
        return self._number(record, "failed")

    def render_skipped(self, record: Template) -> str:
        return self._number(record, "skipped")

    def render_waiting(self, record: Template) -> str:
        return self._number(record, "waiting")


class DeliveryTable(PageTable):
    """Who was sent a template by itself."""

    caption = _("People")
    file_columns = [
        (_("Name"), "influencer.name"),
        (_("Status"), lambda table, one: (status := table.rows_found[one.pk].status) and status.label),
        (_("Reason"), lambda table, one: (item := table.rows_found[one.pk].item) and item.reason),
        (_("Since"), "at"),
    ]

    influencer = Column(verbose_name=_("Name"))
    status = Column(verbose_name=_("Status"), empty_values=())
    why = Column(verbose_name=_("Why"), empty_values=())
    at = WhenColumn(verbose_name=_("Since"))  # type: ignore[no-untyped-call]
    detail = Column(verbose_name="", empty_values=())

    class Meta(PageTable.Meta):
        fields = ("influencer", "status", "why", "at", "detail")
        orderable = False
        empty_text = _("Nobody here.")

    def __init__(self, *args: Any, slug: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.slug = slug

    @cached_property
    def rows_found(self) -> dict[int, DeliveryRow]:
        """The items and messages of this page, asked for once."""
        return rows_of([row.record for row in self.paginated_rows])

    def file_lot(self, records: Sequence[AutomatedDelivery]) -> None:
        """The items and messages of a lot, asked for once."""
        self.rows_found = rows_of(list(records))

    def render_influencer(self, record: AutomatedDelivery) -> SafeString:
        url = address("influencer", {"program": self.slug, "pk": record.influencer_id})
        return format_html('<a href="{}"><bdi>{}</bdi></a>', url, record.influencer.name)

    def render_status(self, record: AutomatedDelivery) -> str:
        status = self.rows_found[record.pk].status
        return badge(status) if status else "–"

    def render_why(self, record: AutomatedDelivery) -> str:
        item = self.rows_found[record.pk].item
        return item_reason_cell(item) if item else ""

    def render_detail(self, record: AutomatedDelivery) -> SafeString | str:
        message = self.rows_found[record.pk].message
        if message is None:
            return ""
        url = address("chat", {"program": self.slug, "pk": message.chat_id})
        return format_html(
            '<a class="btn btn-sm" href="{}">{}<span class="visually-hidden">, {}</span></a>',
            url, _("Detail"), record.influencer.name,
        )  # fmt: skip
