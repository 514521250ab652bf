"""The tables of batches and of their items. Cells that change while one looks have an id, so that only they are swapped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django_tables2 import Column

from batchadmin.lib.markup import escaped, markup
from batchadmin.lib.tables import NUMBER, PageTable
from batchadmin.lib.templatetags.ui import amount, when

from .cells import finished_cell, item_reason_cell, item_status_cell, status_cell
from .kinds import Step
from .models import BatchItem, BatchRequest, Notice
from .presentation import Workers, item_status_word, status_word
from .registry import kind_of


def breakable(parts: Sequence[str]) -> SafeString:
    """One word that may go on in the next line between these parts, so that seven columns fit side by side."""
    return SafeString("<wbr>".join([escaped(part) for part in parts]))


class BatchTable(PageTable):
    """Batch requests as the seed lists them: seven columns, newest first."""

    caption = _("Batch requests, the newest first")
    has_row_ids = True
    file_columns = [
        (_("ID"), "pk"),
        (_("Name"), "title"),
        (_("Type"), "type"),
        (_("Size"), "total"),
        (_("Status"), lambda _table, one: status_word(one).words),
        *[
            (item_status_word(name).label, name)
            for name in ("succeeded", "failed", "skipped", "not_sent", "unknown")
        ],
        (_("Requester"), "requester.email"),
        (_("Requested at"), "requested_at"),
        (_("Finished at"), "finished_at"),
    ]

    title = Column(verbose_name=_("Name"), attrs={"td": {"class": "col-name"}})
    type = Column()
    # By their numbers where sizes are the same, so that no page shows one that another has shown.
    total = Column(verbose_name=_("Size"), attrs=NUMBER, orderable=True, order_by=("total", "pk"))
    status = Column()
    requester = Column()
    requested_at = Column(orderable=True)
    finished_at = Column(empty_values=())

    class Meta(PageTable.Meta):
        model = BatchRequest
        fields = ("title", "type", "total", "status", "requester", "requested_at", "finished_at")
        orderable = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.workers = Workers()

    def render_title(self, record: BatchRequest) -> SafeString:
        return markup('<a href="{}"><bdi>{}</bdi></a>', kind_of(record).page(record), record.title)

    def render_total(self, value: int) -> str:
        return amount(value)

    def render_status(self, record: BatchRequest) -> str:
        return status_cell(record, self.workers, id=f"status-{record.pk}")

    def render_type(self, value: str) -> SafeString:
        return breakable(re.findall("[A-Z]?[^A-Z]+|[A-Z]", value))

    def render_requester(self, record: BatchRequest) -> SafeString:
        name, _at, host = record.requester.email.partition("@")
        return breakable([f"{name}@", host])

    def render_requested_at(self, value: Any) -> SafeString | str:
        return when(value)

    def render_finished_at(self, record: BatchRequest) -> str:
        return finished_cell(record)


class ItemTable(PageTable):
    """Items of a batch: who, how it ended, and why."""

    caption = _("The items of this batch")

    key = Column(verbose_name=_("Name"))
    status = Column()
    reason = Column(verbose_name=_("Why"), empty_values=())

    class Meta(PageTable.Meta):
        model = BatchItem
        fields = ("key", "status", "reason")
        orderable = False
        empty_text = _("No items here.")

    def __init__(self, *args: Any, batch: BatchRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.batch = batch

    @cached_property
    def shown(self) -> list[BatchItem]:
        """The items on this page."""
        return [row.record for row in self.paginated_rows]

    @cached_property
    def names(self) -> dict[int, str]:
        """The names of the items on this page, asked for once."""
        return kind_of(self.batch).people([item.key for item in self.shown])

    def render_key(self, value: int) -> SafeString:
        return item_name(self.names, value)

    def render_status(self, record: BatchItem) -> str:
        return item_status_cell(record)

    def render_reason(self, record: BatchItem) -> str:
        return item_reason_cell(record)


class StepItemTable(ItemTable):
    """Items that lead somebody from one stage to another: also from where to where, as it was requested."""

    stage = Column(verbose_name=_("Stage"), empty_values=())

    class Meta(ItemTable.Meta):
        sequence = ("key", "stage", "status", "reason")

    @cached_property
    def steps(self) -> dict[int, Step]:
        """The steps of the items on this page, asked for once."""
        return kind_of(self.batch).steps(self.batch, {item.key: item.payload for item in self.shown})

    def render_stage(self, record: BatchItem) -> SafeString:
        step = self.steps[record.key]
        if step.before in ("", step.after):
            return markup("<bdi>{}</bdi>", step.after)
        return markup("<bdi>{}</bdi> → <bdi>{}</bdi>", step.before, step.after)


def item_table(batch: BatchRequest, items: QuerySet[BatchItem]) -> ItemTable:
    """The table of these items of a batch, with the columns that its kind has."""
    table = StepItemTable if kind_of(batch).has_steps else ItemTable
    return table(items, batch=batch)


def item_name(names: dict[int, str], key: int) -> SafeString:
    """The name behind a key, or the key itself where there is none."""
    return markup("<bdi>{}</bdi>", names.get(key) or amount(key))


def keys_of(items: Sequence[BatchItem]) -> list[int]:
    """The keys of items, for asking about the same ones again."""
    return [item.key for item in items]


class NoticeTable(PageTable):
    """One's own notices; a click marks one as read and opens its batch."""

    caption = _("Your notices, the newest first")
    file_columns = [
        (_("What ended"), "subject"),
        (_("When"), "created_at"),
        (_("Read"), "read_at"),
        (_("E-mail"), lambda _table, one: one.get_mail_state_display()),
    ]

    subject = Column(verbose_name=_("What ended"))
    created_at = Column(verbose_name=_("When"))
    mail_state = Column(verbose_name=_("E-mail"))

    class Meta(PageTable.Meta):
        model = Notice
        fields = ("subject", "created_at", "mail_state")
        orderable = False

    def render_subject(self, record: Notice) -> str:
        return self.piece("batches/_notice.html", notice=record, batch=record.batch)

    def render_created_at(self, value: Any) -> SafeString | str:
        return when(value)

    def render_mail_state(self, record: Notice) -> str:
        return str(record.get_mail_state_display())
