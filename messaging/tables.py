"""The tables of this app's pages. Cells that change while one looks have an id, so that only they are swapped."""

from __future__ import annotations

from typing import Any

from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tables2 import Column

from batchadmin.accounts.models import Membership
from batchadmin.lib.markup import markup
from batchadmin.lib.routes import address
from batchadmin.lib.tables import NUMBER, PageTable
from batchadmin.lib.templatetags.ui import NOT_MEASURED, when
from batches.cells import item_reason_cell
from batches.models import BatchItem, BatchRequest
from batches.presentation import Workers, status_word
from campaigns.presentation import address_shown

from .log_cells import LogCells
from .models import Broadcast, Template
from .recipient_cells import detail_cell, recipient_cell
from .recipient_rows import Recipient, recipients_of
from .restarting import newest_links


class BroadcastTable(PageTable):
    """Bulk messages > Logs: what was written to whom, how far it is, and what came back."""

    caption = gettext_lazy("Bulk messages, the newest first")
    has_row_ids = True
    file_columns = [
        (gettext_lazy("ID"), "pk"), (gettext_lazy("Message"), "batch.title"),
        (gettext_lazy("Campaign"), "batch.campaign_name"), (gettext_lazy("Channel"), "channel.name"),
        (gettext_lazy("Status"), lambda _table, one: status_word(one.batch).words),
        (gettext_lazy("Total"), "batch.total"), (gettext_lazy("Successful"), "batch.succeeded"),
        (gettext_lazy("Failed"), "batch.failed"), (gettext_lazy("Skipped"), "batch.skipped"),
        (gettext_lazy("Not sent"), "batch.not_sent"), (gettext_lazy("Unknown"), "batch.unknown"),
        (gettext_lazy("Waiting"), "batch.waiting"), (gettext_lazy("Delivered"), "delivered"),
        (gettext_lazy("Read"), "read"), (gettext_lazy("Requester"), "batch.requester.email"),
        (gettext_lazy("Requested at"), "batch.requested_at"), (gettext_lazy("Finished at"), "batch.finished_at"),
    ]  # fmt: skip

    message = Column(verbose_name=gettext_lazy("Message"), empty_values=())
    status = Column(verbose_name=gettext_lazy("Status"), empty_values=())
    progress = Column(verbose_name=gettext_lazy("Progress"), empty_values=())
    delivered = Column(verbose_name=gettext_lazy("Delivered"), empty_values=(), attrs=NUMBER)
    read = Column(verbose_name=gettext_lazy("Read"), empty_values=(), attrs=NUMBER)
    failed = Column(verbose_name=gettext_lazy("Failed"), empty_values=(), attrs=NUMBER)
    actions = Column(verbose_name="", empty_values=())

    class Meta(PageTable.Meta):
        fields = ("message", "status", "progress", "delivered", "read", "failed", "actions")
        orderable = False

    def __init__(self, *args: Any, membership: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.membership = membership
        self.workers = Workers()

    @cached_property
    def shown(self) -> list[Broadcast]:
        """The broadcasts on this page."""
        return [row.record for row in self.paginated_rows]

    @cached_property
    def restarts(self) -> dict[int, BatchRequest]:
        """The newest restart of each that was restarted, asked for once."""
        return newest_links([broadcast.batch for broadcast in self.shown])

    @cached_property
    def cells(self) -> LogCells:
        """What draws the cells."""
        return LogCells(membership=self.membership, workers=self.workers, restarts=self.restarts)

    def render_message(self, record: Broadcast) -> str:
        return self.cells.message(record)

    def render_status(self, record: Broadcast) -> str:
        return self.cells.status(record)

    def render_progress(self, record: Broadcast) -> str:
        return self.cells.progress(record)

    def render_delivered(self, record: Broadcast) -> str:
        return self.cells.delivered(record)

    def render_read(self, record: Broadcast) -> str:
        return self.cells.read(record)

    def render_failed(self, record: Broadcast) -> str:
        return self.cells.failed(record)

    def render_actions(self, record: Broadcast) -> str:
        return self.cells.actions(record)


class RecipientTable(PageTable):
    """The recipients of a broadcast: who, where to, what became of it, why."""

    caption = gettext_lazy("Recipients")

    key = Column(verbose_name=gettext_lazy("Name"))
    address = Column(verbose_name=gettext_lazy("Address"), empty_values=())
    status = Column(verbose_name=gettext_lazy("Status"))
    why = Column(verbose_name=gettext_lazy("Why"), empty_values=())
    detail_link = Column(verbose_name="", empty_values=())

    class Meta(PageTable.Meta):
        fields = ("key", "address", "status", "why", "detail_link")
        orderable = False
        empty_text = gettext_lazy("Nobody here.")

    def __init__(self, *args: Any, broadcast: Broadcast, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.broadcast = broadcast

    @cached_property
    def shown(self) -> list[BatchItem]:
        """The items on this page."""
        return [row.record for row in self.paginated_rows]

    @cached_property
    def recipients(self) -> dict[int, Recipient]:
        """The people and messages of this page, asked for once."""
        return {one.item.key: one for one in recipients_of(self.broadcast, self.shown)}

    def render_key(self, record: BatchItem) -> SafeString:
        return markup("<bdi>{}</bdi>", self.recipients[record.key].name)

    def render_address(self, record: BatchItem) -> SafeString:
        shown = address_shown(self.recipients[record.key].address) or NOT_MEASURED
        return markup('<bdi class="address">{}</bdi>', shown)

    def render_status(self, record: BatchItem) -> str:
        return recipient_cell(self.recipients[record.key])

    def render_why(self, record: BatchItem) -> str:
        return item_reason_cell(record)

    def render_detail_link(self, record: BatchItem) -> str:
        return detail_cell(self.recipients[record.key], self.broadcast.batch.program.slug)


class ChatTable(PageTable):
    """The chats of a program; its page draws them as cards, so this is their order and their pages."""

    caption = gettext_lazy("Chats, the newest first")
    file_columns = [
        (gettext_lazy("Name"), "influencer.name"),
        (gettext_lazy("Channel"), "channel.name"),
        (gettext_lazy("Last message"), "last_message_at"),
        (gettext_lazy("Last wrote"), "last_inbound_at"),
    ]

    class Meta(PageTable.Meta):
        fields: tuple[str, ...] = ()
        orderable = False


class TemplateTable(PageTable):
    """The templates of a program."""

    caption = gettext_lazy("Templates by name")
    file_columns = [
        (gettext_lazy("Name"), "name"),
        (gettext_lazy("Subject"), "subject"),
        (gettext_lazy("Message"), "body"),
        (gettext_lazy("Campaign"), "campaign.name"),
        (gettext_lazy("Sent"), lambda _table, one: one.get_delivery_display()),
        (gettext_lazy("Changed"), "changed_at"),
    ]

    name = Column(verbose_name=gettext_lazy("Name"), orderable=True)
    subject = Column(verbose_name=gettext_lazy("Subject"))
    campaign = Column(verbose_name=gettext_lazy("Campaign"), empty_values=())
    delivery = Column(verbose_name=gettext_lazy("Sent"))
    changed_at = Column(verbose_name=gettext_lazy("Changed"), orderable=True)
    actions = Column(verbose_name="", empty_values=())

    class Meta(PageTable.Meta):
        model = Template
        fields = ("name", "subject", "campaign", "delivery", "changed_at", "actions")
        orderable = False

    def __init__(self, *args: Any, membership: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.membership = membership

    def render_name(self, record: Template) -> SafeString:
        url = address("template", {"program": self.membership.program.slug, "pk": record.pk})
        return markup('<a href="{}"><bdi>{}</bdi></a>', url, record.name)

    def render_subject(self, value: str) -> SafeString:
        return markup("<bdi>{}</bdi>", value)

    def render_campaign(self, record: Template) -> SafeString:
        return markup("<bdi>{}</bdi>", record.campaign or _("Every campaign"))

    def render_changed_at(self, value: Any) -> SafeString | str:
        return when(value)

    def render_actions(self, record: Template) -> str:
        return self.piece("messaging/templates/_actions.html", template=record, membership=self.membership)
