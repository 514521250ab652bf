"""What is held about one influencer, in one place: each table, where it is in their export, what erasing makes of it.

`HELD` is a list to be read; a test compares it with the models and with what exporting and erasing really do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from campaigns.models import Influencer
from messaging.identifiers import our_id
from messaging.models import Chat, HookCall, LaunchMiss, Message, Receipt, StrayMessage

EMPTIED, DELETED, STAYS = "emptied", "deleted", "stays without a name"


@dataclass(frozen=True, slots=True)
class Held:
    """A table with rows about people. `section`: of the exported document; empty where `why` says why it isn't in it."""

    model: str
    section: str
    erased: str
    why: str = ""


HELD = (
    Held("campaigns.Influencer", "profile", EMPTIED),
    Held("campaigns.Subscription", "further_addresses", DELETED),
    Held("campaigns.OptOut", "opt_outs", DELETED),
    Held("campaigns.OptChange", "opted_out_and_in", DELETED),
    Held("campaigns.Participant", "campaigns", STAYS),
    Held("campaigns.StageChange", "stage_history", STAYS),
    Held("campaigns.Erasure", "", STAYS, "only of people who are erased already"),
    Held("campaigns.ImportBulk", "import_errors", EMPTIED),
    Held("batches.BatchItem", "batches", EMPTIED),
    Held("batches.BatchItem", "import_rows", EMPTIED),
    Held("batches.BatchRequest", "", EMPTIED, "of a reply it holds the text's beginning, which is among the messages"),
    Held("accounts.AuditEntry", "audit_trail", EMPTIED),
    Held("accounts.IdempotentRequest", "", DELETED, "a request that another system may repeat; forgotten a day later"),
    Held("messaging.Chat", "messages", STAYS),
    Held("messaging.Message", "messages", EMPTIED),
    Held("messaging.InboundFile", "messages", DELETED),
    Held("messaging.Broadcast", "", EMPTIED, "the text that went to nobody else is among the messages"),
    Held("messaging.Receipt", "receipts", EMPTIED),
    Held("messaging.StrayMessage", "messages_from_their_addresses", DELETED),
    Held("messaging.AutomatedDelivery", "sent_by_itself", STAYS),
    Held("messaging.TriggerLaunch", "launches", EMPTIED),
    Held("messaging.Attachment", "launches", DELETED),
    Held("messaging.LaunchMiss", "values_without_a_launch", EMPTIED),
    Held("messaging.HookCall", "calls_of_hooks", EMPTIED),
)  # fmt: skip


def spellings_of(identifiers: Sequence[str]) -> list[str]:
    """The addresses as others may have written them."""
    return [*identifiers, *(f"+{one}" for one in identifiers)]


def strays_of(person: Influencer, identifiers: Sequence[str]) -> QuerySet[StrayMessage]:
    """What came from one of their addresses before anybody knew whose it was."""
    found = StrayMessage.objects.filter(channel__program=person.program_id)
    return found.filter(address__in=spellings_of(identifiers))


# Values as the other system wrote them: in any case, numbers with their marks, two of them in one text.
_NAMING = r"""
SELECT miss.id FROM messaging_launchmiss miss JOIN messaging_triggerlaunch launch ON launch.id = miss.launch_id
WHERE launch.program_id = %s AND EXISTS (
    SELECT FROM unnest(lower(miss.value) || string_to_array(lower(miss.value), ',')) AS part (text)
    WHERE trim(part.text) = ANY(%s)
        OR regexp_replace(regexp_replace(part.text, '[\s().\-/\u2010-\u2015]', '', 'g'), '^(\+|00)', '') = ANY(%s)
)
"""


def misses_of(person: Influencer, identifiers: Sequence[str]) -> QuerySet[LaunchMiss]:
    """Values of launches that named them, however they were written, and led to nobody new."""
    known = [one.lower() for one in identifiers]
    numbers = [one for one in known if one.isdecimal()]
    found = RawSQL(_NAMING, [person.program_id, known, numbers])  # noqa: S611 (a text of our own)
    return LaunchMiss.objects.filter(pk__in=found)


def calls_of(person: Influencer) -> QuerySet[HookCall]:
    """Calls that told other systems about them."""
    return HookCall.objects.filter(launch__program=person.program_id, key=person.pk)


def receipts_of(person: Influencer, messages: QuerySet[Message]) -> QuerySet[Receipt]:
    """What providers said of these messages of theirs."""
    known = {theirs for theirs in messages.values_list("provider_id", flat=True) if theirs}
    for batch_id, key in messages.exclude(batch_id=None).values_list("batch_id", "key"):
        known.add(our_id(int(batch_id or 0), int(key or 0)))
    channels = Chat.objects.filter(influencer=person).values("channel")
    return Receipt.objects.filter(channel__in=channels, provider_id__in=known)
