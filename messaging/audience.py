"""Who gets a broadcast, and who is left out and why: worked out in SQL, for any number of people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    Func,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Concat, JSONObject
from django.utils import timezone

from batchadmin.accounts.models import Program
from batches.models import BatchItem
from batches.states import ItemStatus
from campaigns.models import Influencer, OptOut
from campaigns.states import ChannelType, OptOutSource

from .models import AutomatedDelivery, Broadcast, Template
from .windows import SILENT, wrote_within

AGAIN_WITHIN = timedelta(days=1)
AUTOMATED = "automated"  # the kind of batch that sends what goes out by itself


@dataclass(frozen=True, slots=True)
class Terms:
    """What decides who is left out: how people are reached, and which broadcasts they may have got before."""

    reaches: ChannelType
    past: tuple[int, ...] = ()  # batches whose recipients have it already
    template_id: int | None = None  # whoever was sent it by itself has it already, too
    window: tuple[int, timedelta] | None = None  # only who wrote on this channel within that time


@dataclass(frozen=True, slots=True)
class Left:
    """How many are left out for one reason."""

    reason: str
    people: int


@dataclass(frozen=True, slots=True)
class AudienceCheck:
    """What a broadcast to these people would come to, as of now."""

    total: int
    left_out: list[Left] = field(default_factory=list)
    lacking: list[tuple[str, int]] = field(default_factory=list)  # variable, people without a value for it
    lacking_any: int = 0  # people without a value for one of them, or more
    repeated: int = 0  # have got this very message within a day

    @property
    def reached(self) -> int:
        """How many will be written to, as far as can be told now."""
        return self.total - sum(left.people for left in self.left_out) - self.lacking_any


def terms_of(*, reaches: ChannelType, template: Template | None, exclude_past: bool) -> Terms:
    """The terms of a broadcast; with `exclude_past`, whoever got the template by any broadcast is left out."""
    if template is None or not exclude_past:
        return Terms(reaches)
    return Terms(reaches, past_by_hand(template), template.pk)


def past_by_hand(template: Template) -> tuple[int, ...]:
    """The batches that sent the template because somebody asked for it."""
    past = Broadcast.objects.filter(template=template).exclude(batch__kind=AUTOMATED)
    return tuple(past.values_list("batch_id", flat=True))


def with_reasons(people: QuerySet[Any, Any], terms: Terms) -> QuerySet[Any, Any]:
    """The people with `reason_` (empty for those to be written to), `detail_` and their address."""
    address = "email" if terms.reaches == ChannelType.EMAIL else "msisdn"
    opt_outs = OptOut.objects.filter(influencer=OuterRef("pk"), channel_type=terms.reaches)
    bounced = opt_outs.filter(source=OptOutSource.BOUNCE)
    whens = [
        When(erased_at__isnull=False, then=Value("erased")),
        When(Q(**{f"{address}__isnull": True}), then=Value("no_address")),
        When(Exists(bounced), then=Value("suppressed")),
        When(Exists(opt_outs), then=Value("opted_out")),
    ]
    if terms.past:
        whens.append(When(received(terms.past), then=Value("already_received")))
    if terms.template_id is not None:
        whens.append(When(received_by_itself(terms.template_id), then=Value("already_received")))
    if terms.window is not None:
        whens.append(When(~wrote_within(*terms.window), then=Value(SILENT)))
    why = Concat(
        Case(When(source=OptOutSource.BOUNCE, then=Value("Came back on ")), default=Value("Opted out on ")),
        Func("at", Value("FMDD Mon YYYY"), function="to_char", output_field=TextField()),
        Case(
            When(reason="", then=Value("")),
            default=Concat(Value(": "), "reason", output_field=TextField()),
            output_field=TextField(),
        ),
        output_field=TextField(),
    )
    words = opt_outs.annotate(why=why).values("why")[:1]
    annotated: QuerySet[Any, Any] = people.annotate(
        address_=F(address),
        reason_=Case(*whens, default=Value(""), output_field=TextField()),
        detail_=Coalesce(Subquery(words, output_field=TextField()), Value(""), output_field=TextField()),
    )
    return annotated


def received(batch_ids: Sequence[int]) -> Exists:
    """Whether an influencer has succeeded in one of these batches."""
    return Exists(
        BatchItem.objects.filter(batch_id__in=batch_ids, key=OuterRef("pk"), status=ItemStatus.SUCCEEDED)
    )


def received_by_itself(template_id: int) -> Exists:
    """Whether an influencer was sent the template by itself, and that succeeded."""
    sent = BatchItem.objects.filter(
        batch_id=OuterRef("batch_id"), key=OuterRef("influencer_id"), status=ItemStatus.SUCCEEDED
    )
    deliveries = AutomatedDelivery.objects.filter(template=template_id, influencer=OuterRef("pk"))
    return Exists(deliveries.filter(Exists(sent)))


def ledger_rows(people: QuerySet[Influencer, Any], terms: Terms) -> QuerySet[Any, Any]:
    """The five columns of a ledger: who, whether left out, why, and the address, frozen."""
    rows: QuerySet[Any, Any] = (
        with_reasons(people.order_by("pk"), terms)
        .annotate(
            status_=Case(
                When(reason_="", then=Value(ItemStatus.PENDING.value)),
                default=Value(ItemStatus.SKIPPED.value),
                output_field=TextField(),
            ),
            said_=Case(
                When(Q(reason_="opted_out") | Q(reason_="suppressed"), then=F("detail_")),
                default=Value(""),
                output_field=TextField(),
            ),
            payload_=Case(
                When(address_=None, then=None),
                default=Cast(JSONObject(to="address_"), JSONField()),
                output_field=JSONField(),
            ),
        )
        .values_list("pk", "status_", "reason_", "said_", "payload_")
    )
    return rows


def audience_check(
    *,
    program: Program,
    people: QuerySet[Influencer, Any],
    terms: Terms,
    requires: Sequence[tuple[str, ...]] = (),
    same_message: tuple[str, str] | None = None,
) -> AudienceCheck:
    """How many would get it, and who would be left out; one query, and two more for a message that may be sent again."""
    lacks = lacking(requires)
    columns = {
        f"lack{number}": Count("pk", filter=condition) for number, condition in enumerate(lacks.values())
    }
    if lacks:
        columns["lack_any"] = Count("pk", filter=reduce(or_, lacks.values()))
    counted = with_reasons(people.order_by(), terms).values("reason_").annotate(people=Count("pk"), **columns)
    found = {row["reason_"]: row for row in counted}
    left = [Left(reason, row["people"]) for reason, row in found.items() if reason]
    reached = found.get("", {})
    pairs = [(".".join(path), reached.get(f"lack{number}", 0)) for number, path in enumerate(lacks)]
    return AudienceCheck(
        total=sum(row["people"] for row in found.values()),
        left_out=sorted(left, key=lambda one: -one.people),
        lacking=[(name, number) for name, number in pairs if number],
        lacking_any=reached.get("lack_any", 0),
        repeated=repeated(program, people, same_message) if same_message else 0,
    )


def lacking(requires: Sequence[tuple[str, ...]]) -> dict[tuple[str, ...], Q]:
    """The conditions that somebody has no value for a variable of the message, of those that SQL can tell."""
    conditions = {path: absent(path) for path in requires if path[0] == "influencer"}
    return {path: condition for path, condition in conditions.items() if condition is not None}


def absent(path: tuple[str, ...]) -> Q | None:
    """The condition that an influencer has no value at a variable's path; None where SQL can't tell."""
    name = path[1]
    if name in ("first_name", "last_name") and len(path) == 2:
        return Q(**{name: ""})
    if name == "name" and len(path) == 2:
        return Q(known_as="")
    column = {"email": "email", "phone": "msisdn", "external_id": "external_id"}.get(name)
    if column and len(path) == 2:
        return Q(**{f"{column}__isnull": True})
    if name in ("attributes", "handles") and len(path) == 3:
        value = f"{name}__{path[2]}"
        return ~Q(**{f"{name}__has_key": path[2]}) | Q(**{value: None}) | Q(**{value: ""})
    return None


def repeated(program: Program, people: QuerySet[Influencer, Any], message: tuple[str, str]) -> int:
    """How many of the people have got just this message within the last day."""
    subject, body = message
    recent = Broadcast.objects.filter(
        batch__program=program,
        batch__requested_at__gte=timezone.now() - AGAIN_WITHIN,
        subject=subject,
        body=body,
    )
    batch_ids = list(recent.values_list("batch_id", flat=True))
    return people.order_by().filter(received(batch_ids)).count() if batch_ids else 0
