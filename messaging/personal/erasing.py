"""What is erased of somebody's messages: texts, addresses and files. That there was a message, and when, stays."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from batchadmin.lib.templatetags.ui import amount
from batches.models import BatchRequest
from batches.states import LIVE, ItemStatus
from campaigns.held import lines_of
from campaigns.models import Influencer
from messaging.identifiers import our_id
from messaging.models import (
    Broadcast,
    Chat,
    HookCall,
    InboundFile,
    LaunchMiss,
    Message,
    Receipt,
    StrayMessage,
)
from messaging.states import HookCallState


def person_empty(*, influencer: Influencer, identifiers: Sequence[str]) -> None:
    """Empty the messages of somebody who is being erased, in the caller's transaction. Repeats change nothing.

    `identifiers`: the addresses that they had, to find what names them without belonging to a chat of theirs.
    """
    messages = Message.objects.filter(chat__influencer=influencer)
    said = messages.exclude(address="", subject="", body="", detail="")
    ids = list(said.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
    _receipts_empty(influencer, ids)
    Message.objects.filter(pk__in=ids).update(address="", subject="", body="", detail="")
    for file in InboundFile.objects.filter(message__chat__influencer=influencer):
        file.delete()  # one by one: its stored file goes with it
    _calls_empty(influencer)
    _single_messages_empty(influencer)
    if identifiers:
        names = [*identifiers, *(f"+{one}" for one in identifiers)]
        of_program = {"channel__program": influencer.program_id}
        StrayMessage.objects.filter(address__in=names, **of_program).delete()
        LaunchMiss.objects.filter(launch__program=influencer.program_id, value__in=names).update(value="")


def _receipts_empty(influencer: Influencer, message_ids: Sequence[int]) -> None:
    """What providers said of these messages, beside what they reported."""
    messages = Message.objects.filter(pk__in=message_ids)
    known = {theirs for theirs in messages.values_list("provider_id", flat=True) if theirs}
    for batch_id, key in messages.exclude(batch_id=None).values_list("batch_id", "key"):
        known.add(our_id(int(batch_id or 0), int(key or 0)))
    channels = Chat.objects.filter(influencer=influencer).values("channel")
    receipts = Receipt.objects.filter(channel__in=channels, provider_id__in=known)
    receipts.exclude(detail="").update(detail="")


def _calls_empty(influencer: Influencer) -> None:
    """No hook is told of them any more; of those that were told, it stays when."""
    calls = HookCall.objects.filter(launch__program=influencer.program_id, key=influencer.pk)
    calls.filter(state=HookCallState.WAITING).delete()
    for call in calls.exclude(custom_data={}):
        attempts = [{**attempt, "words": ""} for attempt in call.attempts]
        HookCall.objects.filter(pk=call.pk).update(custom_data={}, attempts=attempts)


def _single_messages_empty(influencer: Influencer) -> None:
    """A reply was written to nobody else: its text goes with the message. What waits is left out as erased."""
    batches = lines_of(influencer).order_by().values_list("batch_id", flat=True)
    alone = BatchRequest.objects.filter(pk__in=list(batches), listed=False, total=1).exclude(status__in=LIVE)
    written = Broadcast.objects.filter(batch__in=alone).exclude(subject="", body="", html="")
    ids = list(written.filter(template=None).values_list("pk", flat=True))
    Broadcast.objects.filter(pk__in=ids).update(subject="", body="", html="")
    BatchRequest.objects.filter(pk__in=ids).update(name=_("Message"))


def erasure_words(influencer: Influencer) -> list[str]:
    """What would go, and what would become of batches that have still to do with them, in numbers."""
    messages = Message.objects.filter(chat__influencer=influencer).count()
    files = InboundFile.objects.filter(message__chat__influencer=influencer).count()
    waiting = lines_of(influencer).filter(
        status__in=(ItemStatus.PENDING, ItemStatus.IN_FLIGHT), batch__status__in=LIVE
    )
    batches = waiting.count()
    words = []
    if messages:
        said = ngettext(
            "{count} message loses its text and address; when it was sent stays.",
            "{count} messages lose their texts and addresses; when they were sent stays.",
            messages,
        )
        words.append(said.format(count=amount(messages)))
    if files:
        said = ngettext(
            "{count} file that they sent is deleted.", "{count} files that they sent are deleted.", files
        )
        words.append(said.format(count=amount(files)))
    if batches:
        said = ngettext(
            "{count} batch that has not reached them yet leaves them out, unless it is just doing so.",
            "{count} batches that have not reached them yet leave them out, unless they are just doing so.",
            batches,
        )
        words.append(said.format(count=amount(batches)))
    return words
