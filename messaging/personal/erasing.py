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
from messaging.models import Broadcast, HookCall, InboundFile, Message
from messaging.personal.held import calls_of, misses_of, receipts_of, strays_of
from messaging.personal.launches import launches_empty
from messaging.states import HookCallState


def person_empty(*, influencer: Influencer, identifiers: Sequence[str]) -> None:
    """Empty the messages of somebody who is being erased, in the caller's transaction. Repeats change nothing.

    `identifiers`: the addresses that they had, to find what names them without belonging to a chat of theirs.
    """
    messages = Message.objects.filter(chat__influencer=influencer)
    said = messages.exclude(address="", subject="", body="", detail="")
    ids = list(said.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
    receipts = receipts_of(influencer, Message.objects.filter(pk__in=ids))
    receipts.exclude(detail="").update(detail="")
    Message.objects.filter(pk__in=ids).update(address="", subject="", body="", detail="")
    for file in InboundFile.objects.filter(message__chat__influencer=influencer):
        file.delete()  # one by one: its stored file goes with it
    _calls_empty(influencer)
    _single_messages_empty(influencer)
    launches_empty(influencer)
    if identifiers:
        strays_of(influencer, identifiers).delete()
        misses_of(influencer, identifiers).update(value="")


def _calls_empty(influencer: Influencer) -> None:
    """No hook is told of them any more; of those that were told, it stays when."""
    calls = calls_of(influencer)
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
