"""The cells of Bulk messages > Logs. A page draws 350 of them, and its poller swaps them one by one, so each is a function.

They have ids, so that only what has changed is swapped; `oob` says that a piece comes along with others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from batchadmin.accounts.models import Membership
from batchadmin.lib.languages import spoken as _
from batchadmin.lib.markup import markup
from batchadmin.lib.routes import address
from batchadmin.lib.templatetags.ui import OUT_OF_BAND, amount, duration, exact, icon, percent, share, when
from batches.cells import cell, status_cell
from batches.models import BatchRequest
from batches.presentation import Workers, progress_of
from batches.presentation.actions import Actions
from batches.states import NOT_DUE, STOPPABLE, BatchStatus
from messaging.models import Broadcast
from messaging.opens import broadcast_opens_counted
from messaging.providers.registry import reports_deliveries


def stoppable(batch: BatchRequest) -> bool:
    """Whether it can be stopped now."""
    return batch.status in (*STOPPABLE, *NOT_DUE)


def restartable(batch: BatchRequest) -> bool:
    """Whether a restart may be for somebody; its page works out for whom."""
    ended_short = batch.status in (BatchStatus.STOPPED, BatchStatus.FAILED)
    return bool(
        (ended_short or batch.failed)
        and not batch.is_live
        and (batch.failed or batch.not_sent or batch.unknown)
    )


def not_reported() -> SafeString:
    """A dash where a channel says nothing about delivery or reading."""
    return markup(
        '<span title="{}">–<span class="visually-hidden"> {}</span></span>',
        _("The channel does not report it."), _("not reported"),
    )  # fmt: skip


@dataclass(frozen=True)
class LogCells:
    """The cells of broadcasts as one member sees them. `restarts` are their newest ones (`restarting.newest_links`)."""

    membership: Membership
    restarts: Mapping[int, BatchRequest]
    workers: Workers = field(default_factory=Workers)
    oob: bool = False

    @cached_property
    def may_manage(self) -> bool:
        """Whether there are buttons; the same for all rows."""
        return self.membership.may_manage

    def changing(self, broadcast: Broadcast) -> SafeString:
        """All cells that may have changed since one looked."""
        cells = (self.status, self.progress, self.delivered, self.read, self.failed, self.actions)
        return format_html_join("\n", "{}", [(draw(broadcast),) for draw in cells])

    def message(self, broadcast: Broadcast) -> SafeString:
        """What was written to whom, by whom and when."""
        batch = broadcast.batch
        campaign = markup("<bdi>{}</bdi>, ", batch.campaign_name) if batch.campaign_name else ""
        if batch.started_at is None and batch.scheduled_for:
            at = exact(batch.scheduled_for)
        else:
            at = when(batch.started_at or batch.requested_at)
        return markup(
            '<div>\n<a href="{}"><bdi>{}</bdi></a>\n<div class="text-secondary">{}<bdi>{}</bdi></div>\n'
            '<div class="text-secondary"><bdi>{}</bdi>, {}</div>\n</div>',
            self._page(batch), batch.name, campaign, broadcast.channel.name, batch.requester.get_short_name(), at,
        )  # fmt: skip

    def status(self, broadcast: Broadcast) -> SafeString:
        """Its status."""
        batch = broadcast.batch
        return status_cell(batch, self.workers, id=f"status-{batch.pk}", oob=self.oob)

    def progress(self, broadcast: Broadcast) -> SafeString:
        """Sent of total, and a bar while it runs."""
        batch = broadcast.batch
        bar = _bar(batch) if batch.is_live and batch.started_at else ""
        words = _("%(sent)s of %(total)s sent")
        sent = words % {"sent": amount(batch.succeeded), "total": amount(batch.total)}
        shown = markup('{} <span class="text-secondary">{}</span>', bar, sent)
        return cell(f"progress-{batch.pk}", shown, oob=self.oob)

    def delivered(self, broadcast: Broadcast) -> SafeString:
        """The share delivered."""
        batch = broadcast.batch
        known = reports_deliveries(broadcast.channel)
        shown = share(broadcast.delivered, batch.total) if known else not_reported()
        return cell(f"delivered-{batch.pk}", shown, oob=self.oob)

    def read(self, broadcast: Broadcast) -> SafeString:
        """The share read."""
        batch = broadcast.batch
        shown: SafeString | str = not_reported()
        if reports_deliveries(broadcast.channel):
            shown = share(broadcast.read, broadcast.delivered)
        elif broadcast_opens_counted(broadcast):
            opened = share(broadcast.read, batch.succeeded)
            shown = markup('{}<span class="d-block text-secondary">{}</span>', opened, _("of sent"))
        return cell(f"read-{batch.pk}", shown, oob=self.oob)

    def failed(self, broadcast: Broadcast) -> SafeString:
        """How many failed, as a link to them."""
        batch = broadcast.batch
        shown: SafeString | str = "0"
        if batch.failed:
            shown = markup('<a href="{}?status=failed">{}</a>', self._page(batch), amount(batch.failed))
        return cell(f"failed-{batch.pk}", shown, oob=self.oob)

    def actions(self, broadcast: Broadcast) -> SafeString:
        """Stop while it runs, Restart once it is stopped or failed, then the way to its newest restart."""
        batch = broadcast.batch
        newest = self.restarts.get(batch.pk)
        shown: SafeString | str = ""
        if newest:
            words = _("Restarted as %(name)s") % {"name": newest.title}
            link = '<a class="wrap-anywhere" id="restarted-{}" href="{}">{}</a>'
            shown = markup(link, str(batch.pk), self._page(newest), words)
        elif self.may_manage and stoppable(batch):
            words = Actions(batch, self.membership).stop_label
            shown = self._button("stop", "batch-stop", batch, "hand-stop", words)
        elif self.may_manage and restartable(batch):
            shown = self._button("restart", "broadcast-restart", batch, "rotate-clockwise", _("Restart"))
        return markup(
            '<span class="btn-list justify-content-end" id="actions-{}"{}>\n{}\n</span>',
            str(batch.pk), OUT_OF_BAND if self.oob else "", shown,
        )  # fmt: skip

    def _page(self, batch: BatchRequest) -> str:
        return address("broadcast", {"program": self.membership.program.slug, "pk": batch.pk})

    def _button(self, what: str, page: str, batch: BatchRequest, sign: str, words: str) -> SafeString:
        url = address(page, {"program": self.membership.program.slug, "pk": batch.pk})
        return markup(
            '<a class="btn btn-sm" id="{}-{}" href="{}" hx-get="{}" hx-target="#dialog">{}{}</a>',
            what, str(batch.pk), url, url, icon(sign), words,
        )  # fmt: skip


def _bar(batch: BatchRequest) -> SafeString:
    """How far it is, how fast, and how long it still takes."""
    far = progress_of(batch)
    note = far.note
    if not note and far.rate_shown:
        note = _("%(rate)s/s") % {"rate": amount(far.rate_shown)}  # type: ignore[arg-type]
        if far.left is not None:
            note += ", " + _("%(left)s left") % {"left": duration(far.left)}
    return markup(
        '<span class="progress-line"><progress class="progress" max="{}" value="{}" aria-label="{}">{}</progress></span>'
        '<span class="d-block text-secondary">{}</span>',
        str(far.total), str(far.done), batch.title, percent(far.done, far.total), note,
    )  # fmt: skip
