"""How broadcasts are put into words and numbers: the funnel, the line of restarts, the buttons."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from batchadmin.accounts.models import Retention
from batchadmin.accounts.states import Role
from batchadmin.lib.templatetags.ui import amount, share
from batches.models import BatchRequest
from batches.presentation.actions import Actions
from batches.reasons import reason_of
from batches.states import BatchStatus

from .models import Attachment, Broadcast, Chat, InboundFile, Message
from .opens import broadcast_opens_counted
from .providers.registry import provider_class
from .recipient_rows import message_word
from .restarting import RestartCheck, line_of, newest_links, restart_outlook
from .states import Direction, MessageStatus

RECEIPTS_COME_FOR = timedelta(minutes=5)  # how long after the end the page goes on asking


@dataclass(frozen=True, slots=True)
class Funnel:
    """What came back, in one sentence; `is_settling`: more may come."""

    words: str
    is_settling: bool


def funnel_of(broadcast: Broadcast) -> Funnel:
    """Delivered of the total and read of the delivered, or that the channel reports nothing."""
    provider = provider_class(broadcast.channel)
    batch = broadcast.batch
    if not (batch.succeeded or batch.unknown or broadcast.delivered):
        return Funnel(
            "" if provider.reports or batch.started_at else _unreported(broadcast), is_settling=False
        )
    if not provider.reports:
        return _funnel_unreported(broadcast)
    words = came_back_words(delivered=broadcast.delivered, read=broadcast.read, total=batch.total)
    if provider.simulated:
        words = _("{words} Simulated: nothing was sent to anybody.").format(words=words)
    return Funnel(words, is_settling=_may_settle(broadcast))


def came_back_words(*, delivered: int, read: int, total: int) -> str:
    """Delivered of the total, read of the delivered."""
    reached = _("{count} delivered ({share} of {total})").format(
        count=amount(delivered), share=share(delivered, total), total=amount(total)
    )
    seen = _("{count} read ({share} of those)").format(count=amount(read), share=share(read, delivered))
    return f"{reached}, {seen if delivered else _('none read yet')}."


def _funnel_unreported(broadcast: Broadcast) -> Funnel:
    """What can be said where no deliveries are reported: nothing, or who loaded the picture in the message."""
    words = _unreported(broadcast)
    if not broadcast_opens_counted(broadcast):
        return Funnel(words, is_settling=False)
    opened = _(
        "{count} opened ({share} of {sent} sent), as far as their mail programs load the picture in it."
    ).format(
        count=amount(broadcast.read),
        share=share(broadcast.read, broadcast.batch.succeeded),
        sent=amount(broadcast.batch.succeeded),
    )
    return Funnel(f"{words} {opened}", is_settling=_may_settle(broadcast))


def _may_settle(broadcast: Broadcast) -> bool:
    ended = broadcast.batch.finished_at
    return ended is not None and timezone.now() - ended < RECEIPTS_COME_FOR


def _unreported(broadcast: Broadcast) -> str:
    """What it means that a channel reports nothing."""
    words = _(
        "{channel} reports nothing after it has taken a message: a successful chat is one that it accepted."
    ).format(channel=broadcast.channel.name)
    if broadcast.batch.unknown and not broadcast.batch.is_live:
        return f"{words} {_('So what is unknown stays unknown until somebody decides.')}"
    return words


class LogActions(Actions):
    """What this member may do with this broadcast now: besides stopping, restart it and decide unknowns."""

    @cached_property
    def check(self) -> RestartCheck | None:
        """What a restart would come to; None while it can't be restarted."""
        if self.batch.is_live or self._is_restarted or not self.membership.may(Role.MANAGER):
            return None
        return restart_outlook(self.batch.broadcast)

    @property
    def _is_restarted(self) -> bool:
        return getattr(self.batch, "restarted_as", None) is not None

    @cached_property
    def restarted_as(self) -> BatchRequest | None:
        """The newest restart of it, if there is one."""
        return newest_links([self.batch]).get(self.batch.pk) if self._is_restarted else None

    @property
    def may_restart(self) -> bool:
        """Whether a restart would be for anybody."""
        return self.check is not None and bool(self.check.eligible or self.check.unknown)

    @property
    def may_change(self) -> bool:
        """Whether it waits for its time, so that its text and time can be changed."""
        return self.batch.status == BatchStatus.SCHEDULED and self.membership.may(Role.MANAGER)

    @property
    def may_decide(self) -> bool:
        """Whether there are unknown outcomes that this member may decide."""
        return bool(self.batch.unknown) and not self.batch.is_live and self.membership.may(Role.MANAGER)

    @property
    def restart_label(self) -> str:
        """The words on the button that restarts."""
        count = self.check.eligible if self.check else 0
        return restart_label(count)


def restart_label(count: int) -> str:
    """The words on the button that restarts, for this many; without any, only those whose outcome is unknown are left."""
    if not count:
        return _("Restart")
    return ngettext("Restart for {count}", "Restart for {count}", count).format(count=amount(count))


def restart_consequence(check: RestartCheck) -> str:
    """What a restart means, in numbers."""
    missed = _("{failed} failed, {not_sent} not sent.").format(
        failed=amount(check.failed), not_sent=amount(check.not_sent)
    )
    if not check.received:
        return _("{missed} Nobody has it yet.").format(missed=missed)
    have = ngettext(
        "The {count} who has it is left out.", "The {count} who have it are left out.", check.received
    )
    return f"{missed} {have.format(count=amount(check.received))}"


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One broadcast of a line of restarts."""

    batch: BatchRequest
    current: bool


def links_of(broadcast: Broadcast) -> list[ChainLink]:
    """The whole line that the broadcast is in, the oldest first."""
    ids = line_of(broadcast.batch)
    batches = BatchRequest.objects.select_related("program", "requester").in_bulk(ids)
    return [ChainLink(batches[pk], current=pk == broadcast.pk) for pk in ids]


@dataclass(frozen=True, slots=True)
class Step:
    """One point of a message's timeline, as components/chat_bubble.html shows it."""

    label: str
    at: object
    icon: str
    colour: str


def steps_of(message: Message) -> list[Step]:
    """What happened to a message, in order."""
    if message.direction == Direction.IN:
        return []
    moments = [
        (MessageStatus.QUEUED, message.queued_at),
        (MessageStatus.SENT, message.sent_at),
        (MessageStatus.DELIVERED, message.delivered_at),
        (MessageStatus.READ, message.read_at),
        (MessageStatus.FAILED, message.failed_at),
    ]
    steps = []
    for status, at in moments:
        if at is not None:
            word = message_word(status)
            steps.append(Step(word.label, at, word.icon, word.colour))
    if message.status == MessageStatus.UNKNOWN:
        word = message_word(message.status)
        steps.append(Step(word.label, message.queued_at, word.icon, word.colour))
    return steps


@dataclass(slots=True)
class Bubble:
    """A message as components/chat_bubble.html shows it."""

    message: Message
    author: str
    mine: bool
    steps: list[Step]
    reason: str
    batch: BatchRequest | None
    files: list[Attachment] = field(default_factory=list)
    heard: list[InboundFile] = field(default_factory=list)  # files that the person sent
    removed: str = ""  # in words, what became of the text


def bubbles_of(messages: list[Message], chat: Chat) -> list[Bubble]:
    """These messages of a chat as bubbles; three queries more: for the batches that they came of, and for files."""
    ids = {message.batch_id for message in messages if message.batch_id is not None}
    batches = BatchRequest.objects.select_related("requester").in_bulk(ids)
    files = files_of(ids)
    bubbles = [bubble_of(message, chat, batches.get(message.batch_id or 0)) for message in messages]
    _removed_say(bubbles, chat)
    heard: dict[int, list[InboundFile]] = {}
    for file in InboundFile.objects.filter(message__in=messages).order_by("pk"):
        heard.setdefault(file.message_id, []).append(file)
    for bubble in bubbles:
        bubble.heard.extend(heard.get(bubble.message.pk, ()))
        bubble.files.extend(files.get(bubble.message.batch_id or 0, ()))
    return bubbles


def _removed_say(bubbles: list[Bubble], chat: Chat) -> None:
    """Say of texts that aren't there any more why: the person was erased, or the program keeps texts for some days only."""
    empty = [one for one in bubbles if not (one.message.subject or one.message.body)]
    if not empty:
        return
    kept = Retention.objects.filter(program=chat.program_id).first()
    for bubble in empty:
        if chat.influencer.erased_at is not None:
            bubble.removed = _("The text was erased with the person.")
        elif kept and kept.message_days and bubble.message.pk <= kept.messages_to:
            said = ngettext("Removed after {days} day.", "Removed after {days} days.", kept.message_days)
            bubble.removed = said.format(days=amount(kept.message_days))


def files_of(batch_ids: Iterable[int]) -> dict[int, list[Attachment]]:
    """The files that went along with the messages of these batches."""
    found: dict[int, list[Attachment]] = {}
    links = Broadcast.attachments.through.objects.filter(broadcast_id__in=list(batch_ids))
    for link in links.select_related("attachment").order_by("attachment_id"):
        found.setdefault(link.broadcast_id, []).append(link.attachment)
    return found


def bubble_of(message: Message, chat: Chat, batch: BatchRequest | None) -> Bubble:
    """One message as a bubble."""
    mine = message.direction == Direction.OUT
    author = chat.influencer.name
    if mine:
        author = f"{batch.title}, {batch.requester.get_full_name()}" if batch else str(chat.channel)
    reason = ""
    if message.reason:
        known = reason_of(message.reason)
        reason = " ".join(f"{part}." for part in (str(known.words), str(known.next_step)) if part)
    return Bubble(message, author, mine, steps_of(message), reason, batch)
