"""The tables of triggers' pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django_tables2 import Column

from batchadmin.lib.routes import address
from batchadmin.lib.tables import NUMBER, PageTable
from batchadmin.lib.templatetags.ui import amount, when
from batches.models import BatchItem, BatchRequest
from batches.tables import ItemTable
from campaigns.models import Influencer
from messaging.models import HookCall, LaunchMiss, Trigger, TriggerLaunch

from .asked import MissReason


class TriggerTable(PageTable):
    """The triggers of a program."""

    caption = _("Triggers by name")
    file_columns = [
        (_("ID"), "pk"),
        (_("Name"), "name"),
        (_("Channel"), "channel.name"),
        (_("Active"), lambda _table, one: _("yes") if one.is_active else _("no")),
        (_("Launches"), "launched"),
        (_("Last launch"), "last"),
    ]

    name = Column(verbose_name=_("Name"), orderable=True)
    channel = Column(verbose_name=_("Channel"))
    status = Column(verbose_name=_("Status"), empty_values=())
    launched = Column(verbose_name=_("Launches"), attrs=NUMBER, orderable=True)
    last = Column(verbose_name=_("Last launch"), empty_values=(), orderable=True)

    class Meta(PageTable.Meta):
        fields = ("name", "channel", "status", "launched", "last")
        orderable = False

    def render_name(self, record: Trigger) -> SafeString:
        url = address("trigger", {"program": record.program.slug, "pk": record.pk})
        return format_html('<a href="{}"><bdi>{}</bdi></a>', url, record.name)

    def render_channel(self, value: Any) -> SafeString:
        return format_html("<bdi>{}</bdi>", value)

    def render_status(self, record: Trigger) -> str:
        return self.piece("messaging/triggers/_status.html", trigger=record)

    def render_launched(self, value: int) -> str:
        return amount(value)

    def render_last(self, value: datetime | None) -> SafeString | str:
        return when(value)


class LaunchTable(PageTable):
    """The launches of a trigger."""

    caption = _("Launches, the newest first")
    file_columns = [
        (_("Task"), "task"),
        (_("Requested"), "created_at"),
        (_("Status"), lambda _table, one: one.get_state_display()),
        (_("Named"), "asked"),
        (_("Launched"), lambda _table, one: one.batch.total - one.batch.skipped if one.batch else 0),
        (_("Skipped"), lambda _table, one: one.batch.skipped if one.batch else 0),
        (_("Not matched"), "missed"),
        (_("By"), lambda _table, one: one.token.name if one.token else one.requester.email),
    ]

    created_at = Column(verbose_name=_("Requested"), orderable=True, order_by="pk")
    state = Column(verbose_name=_("Status"))
    asked = Column(verbose_name=_("Named"), attrs=NUMBER, orderable=True)
    launched = Column(verbose_name=_("Launched"), empty_values=(), attrs=NUMBER)
    skipped = Column(verbose_name=_("Skipped"), empty_values=(), attrs=NUMBER)
    missed = Column(verbose_name=_("Not matched"), attrs=NUMBER)
    token = Column(verbose_name=_("By"), empty_values=())

    class Meta(PageTable.Meta):
        fields = ("created_at", "state", "asked", "launched", "skipped", "missed", "token")
        orderable = False
        empty_text = _("Not launched yet.")

    def render_created_at(self, record: TriggerLaunch) -> str:
        return self.piece("messaging/triggers/_launch_link.html", launch=record)

    def render_state(self, record: TriggerLaunch) -> str:
        return self.piece("messaging/triggers/_launch_state.html", launch=record)

    def render_asked(self, value: int) -> str:
        return amount(value)

    def render_launched(self, record: TriggerLaunch) -> str:
        return amount(record.batch.total - record.batch.skipped if record.batch else 0)

    def render_skipped(self, record: TriggerLaunch) -> str:
        return amount(record.batch.skipped if record.batch else 0)

    def render_missed(self, value: int) -> str:
        return amount(value)

    def render_token(self, record: TriggerLaunch) -> SafeString:
        return format_html("<bdi>{}</bdi>", record.token.name if record.token else record.requester)


class LaunchItemTable(ItemTable):
    """The profiles of a launch: who, by which value they were found, what became of the message."""

    caption = _("The profiles of this launch")

    by = Column(verbose_name=_("Found by"), empty_values=())

    class Meta(ItemTable.Meta):
        sequence = ("key", "by", "status", "reason")

    def __init__(self, *args: Any, batch: BatchRequest, slug: str, **kwargs: Any) -> None:
        super().__init__(*args, batch=batch, **kwargs)
        self.slug = slug

    def render_key(self, value: int) -> SafeString:
        url = address("influencer", {"program": self.slug, "pk": value})
        return format_html('<a href="{}"><bdi>{}</bdi></a>', url, self.names.get(value) or value)

    def render_by(self, record: BatchItem) -> SafeString:
        return format_html("<bdi>{}</bdi>", (record.payload or {}).get("by", ""))


class MissTable(PageTable):
    """The values of a launch that led to nobody new."""

    caption = _("Values that led to nobody")

    position = Column(verbose_name=_("Place"), attrs=NUMBER)
    value = Column(verbose_name=_("Value"), empty_values=())
    reason = Column(verbose_name=_("Why"))

    class Meta(PageTable.Meta):
        model = LaunchMiss
        fields = ("position", "value", "reason")
        orderable = False
        empty_text = _("Every value led to somebody.")

    def render_position(self, value: int) -> str:
        return amount(value)

    def render_value(self, value: str) -> SafeString:
        return format_html("<bdi>{}</bdi>", value or "–")

    def render_reason(self, value: str) -> str:
        return str(MissReason(value).label)


class HookCallTable(PageTable):
    """The calls of hooks for a launch, each with all its attempts."""

    caption = _("Calls of action hooks")

    hook = Column(verbose_name=_("Address"))
    key = Column(verbose_name=_("Profile"))
    state = Column(verbose_name=_("Status"))
    attempts = Column(verbose_name=_("Attempts"), empty_values=())

    class Meta(PageTable.Meta):
        model = HookCall
        fields = ("hook", "key", "state", "attempts")
        orderable = False
        empty_text = _("The trigger had no hook when it was launched.")

    def __init__(self, *args: Any, slug: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.slug = slug

    @cached_property
    def shown(self) -> Sequence[HookCall]:
        """The calls on this page."""
        return [row.record for row in self.paginated_rows]

    def render_hook(self, record: HookCall) -> SafeString:
        return format_html("<bdi>{}</bdi>", record.hook.url)

    @cached_property
    def names(self) -> dict[int, str]:
        """What the people on this page are called, in one query."""
        people = Influencer.objects.filter(pk__in={call.key for call in self.shown})
        return {person.pk: person.name for person in people}

    def render_key(self, value: int) -> SafeString:
        url = address("influencer", {"program": self.slug, "pk": value})
        return format_html('<a href="{}"><bdi>{}</bdi></a>', url, self.names.get(value, value))

    def render_state(self, record: HookCall) -> str:
        return self.piece("messaging/triggers/_call_state.html", call=record)

    def render_attempts(self, record: HookCall) -> str:
        attempts = [{**one, "at": datetime.fromisoformat(one["at"])} for one in record.attempts]
        return self.piece("messaging/triggers/_attempts.html", attempts=attempts)
