"""Which buttons a batch's page offers, and what the questions behind them say, in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from batchadmin.accounts.models import Membership
from batchadmin.accounts.states import Role
from batchadmin.lib.templatetags.ui import amount
from batches.kinds import SendKind
from batches.models import BatchRequest
from batches.registry import kind_of
from batches.states import NOT_DUE, STOPPABLE, BatchStatus


@dataclass
class Actions:
    """What this member may do with this batch now."""

    batch: BatchRequest
    membership: Membership

    @cached_property
    def sends(self) -> bool:
        """Whether the work is messages that can't be recalled."""
        return isinstance(kind_of(self.batch), SendKind)

    @property
    def is_stoppable(self) -> bool:
        """Whether batches of this kind can be stopped from a page at all."""
        return kind_of(self.batch).stoppable

    @property
    def may_stop(self) -> bool:
        """Whether this member can stop it now."""
        runs = self.batch.status in (*STOPPABLE, *NOT_DUE)
        return runs and self.is_stoppable and self.membership.may(Role.MANAGER)

    @property
    def may_resume(self) -> bool:
        """Whether it waits for something that a person can cut short."""
        waits = (BatchStatus.SCHEDULED, BatchStatus.OVERDUE, BatchStatus.WAITING_FOR_RETRY)
        return self.batch.status in waits and self.membership.may(Role.MANAGER)

    @property
    def no_stop(self) -> str:
        """Why it can't be stopped, for those who ask all the same."""
        if self.batch.is_live and not self.is_stoppable:
            return _("It can't be stopped here. Support can, by command: give them {id}.").format(
                id=self.batch.pk
            )
        if self.batch.is_live:
            return _("It is being stopped already.")
        return _("It has ended already, so there is nothing left to stop.")

    @property
    def no_resume(self) -> str:
        """Why it can't go on, for those who ask all the same."""
        status = self.batch.get_status_display().lower()
        return _("It is {status}, so there is nothing to start.").format(status=status)

    @property
    def stop_label(self) -> str:
        """The words on the button that stops it."""
        match self.batch.status:
            case BatchStatus.OVERDUE:
                return _("Drop")
            case BatchStatus.SCHEDULED:
                return _("Cancel")
        return _("Stop")

    @property
    def stop_confirm(self) -> str:
        """The words on the button of the question: beside "Keep it" a bare "Cancel" could mean either."""
        if self.batch.started_at is not None:
            return _("Stop now")
        match self.batch.status:
            case BatchStatus.OVERDUE:
                return _("Drop it")
            case BatchStatus.SCHEDULED:
                return _("Cancel it")
        return _("Stop it")

    @property
    def resume_label(self) -> str:
        """The words on the button that has it go on."""
        if self.batch.status == BatchStatus.WAITING_FOR_RETRY:
            return _("Try now")
        return _("Send now") if self.sends else _("Start now")

    @property
    def stop_question(self) -> str:
        """The title of the question before it is stopped."""
        words = {
            BatchStatus.OVERDUE.value: _("Drop “{name}”?"),
            BatchStatus.SCHEDULED.value: _("Cancel “{name}”?"),
        }
        return words.get(self.batch.status, _("Stop “{name}”?")).format(name=self.batch.title)

    @property
    def stop_consequence(self) -> str:
        """What stopping it means, in numbers."""
        return " ".join(part for part in (self._reached, self._left) if part)

    @property
    def _reached(self) -> str:
        if self.batch.status in (*NOT_DUE, BatchStatus.QUEUED) and not self.batch.started_at:
            return ""
        if self.sends:
            words = ngettext(
                "{done} of {total} has gone out and can't be recalled.",
                "{done} of {total} have gone out and can't be recalled.",
                self.batch.succeeded,
            )
        else:
            words = ngettext(
                "{done} of {total} is done and stays so.",
                "{done} of {total} are done and stay so.",
                self.batch.succeeded,
            )
        return words.format(done=amount(self.batch.succeeded), total=amount(self.batch.total))

    @property
    def _left(self) -> str:
        count = self.batch.waiting
        if self.sends:
            words = ngettext("{count} won't be sent.", "{count} won't be sent.", count)
        else:
            words = ngettext("{count} won't be done.", "{count} won't be done.", count)
        return words.format(count=amount(count))

    @property
    def resume_question(self) -> str:
        """The title of the question before it goes on."""
        return f"{self.resume_label}: “{self.batch.title}”?"

    @property
    def resume_consequence(self) -> str:
        """What having it go on means, in numbers."""
        count = self.batch.waiting
        if self.sends:
            words = ngettext("{count} message goes out now.", "{count} messages go out now.", count)
        else:
            words = ngettext("{count} is done now.", "{count} are done now.", count)
        return words.format(count=amount(count))
