"""What this app holds about one influencer: the rows, for whoever exports or erases them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Q, QuerySet

from batches.models import BatchItem, BatchRequest
from campaigns.bulk.imports import InfluencerImport
from campaigns.models import ImportBulk, Influencer, OptChange, StageChange
from campaigns.querysets import any_of

Row = dict[str, Any]
PROFILE = (
    "id", "external_id", "first_name", "last_name", "email", "msisdn", "handles", "tags", "attributes",
    "created_at", "updated_at",
)  # fmt: skip


def lines_of(person: Influencer) -> QuerySet[BatchItem]:
    """The lines of all batches in which the influencer is one of those that it is for."""
    batches = BatchRequest.objects.filter(program=person.program_id).exclude(kind=InfluencerImport.code)
    return BatchItem.objects.filter(any_of("batch_id", batches.values("pk")), key=person.pk)


def import_lines_of(person: Influencer) -> QuerySet[BatchItem]:
    """The rows of imports that are about the influencer, as far as they haven't been erased (they are a day later)."""
    bulks = ImportBulk.objects.filter(parent__program=person.program_id, erased_at=None)
    about = Q(pk__in=[])
    for value in identifiers_of(person):
        fields = ("values__email", "values__msisdn", "values__external_id", "name", "problem__value")
        for name in fields:
            about |= Q(**{f"payload__{name}": value})
    for network, handle in person.handles.items():
        about |= Q(payload__values__handles__contains={network: handle})
    return BatchItem.objects.filter(any_of("batch_id", bulks.values("pk"))).filter(about)


def identifiers_of(person: Influencer) -> list[str]:
    """Everything by which a row may name the influencer."""
    further = person.subscriptions.exclude(address="").values_list("address", flat=True)
    return [one for one in (person.email, person.msisdn, person.external_id, *further) if one]


def sections_of(person: Influencer) -> Iterator[tuple[str, Row | Iterator[Row]]]:
    """Everything, section by section: one row, or rows that are read while they are taken."""
    yield "profile", {name: getattr(person, name) for name in PROFILE}
    yield (
        "further_addresses",
        _rows(
            person.subscriptions.order_by("pk"),
            "kind", "address", "provider", "subscription_id", "attributes", "opted_in", "source", "created_at",
        ),
    )  # fmt: skip
    outs = ("channel_type", "at", "reason", "by_person", "source", "address")
    yield "opt_outs", _rows(person.opt_outs.order_by("at"), *outs)
    changes = OptChange.objects.filter(influencer=person).order_by("pk")
    yield "opted_out_and_in", _rows(changes, "channel_type", "opted_out", "source", "reason", "at")
    yield (
        "campaigns",
        _rows(
            person.participations.order_by("pk"),
            campaign="campaign__name", stage="stage__name", in_stage_since="entered_stage_at", dates="dates",
        ),
    )  # fmt: skip
    yield (
        "stage_history",
        _rows(
            StageChange.objects.filter(participant__influencer=person).order_by("pk"), "at", "batch_id",
            campaign="participant__campaign__name", from_stage="from_stage__name", to_stage="to_stage__name",
        ),
    )  # fmt: skip
    yield (
        "batches",
        _rows(
            lines_of(person).order_by("batch_id"), "status", "reason", "detail", "attempts", "payload",
            batch="batch_id", name="batch__name", type="batch__type", requested_at="batch__requested_at",
        ),
    )  # fmt: skip
    yield (
        "import_rows",
        _rows(
            import_lines_of(person).order_by("batch_id", "key"), "status", "reason", "detail", "payload",
            batch="batch_id", line="key",
        ),
    )  # fmt: skip
    yield "import_errors", (one for _bulk, about in errors_of(person) for one in about)


def errors_of(person: Influencer) -> Iterator[tuple[ImportBulk, list[Row]]]:
    """What was wrong with rows of imports that name the influencer, as far as it hasn't been erased."""
    named = set(identifiers_of(person))
    bulks = ImportBulk.objects.filter(parent__program=person.program_id, erased_at=None).exclude(errors=[])
    for bulk in bulks.order_by("pk"):
        about = [one for one in bulk.errors if named & {str(value) for value in one.values()}]
        if about:
            yield bulk, about


def _rows(rows: QuerySet[Any], *plain: str, **named: str) -> Iterator[Row]:
    """The rows with these columns, some under other names, read a lot at a time."""
    columns = {**{name: name for name in plain}, **named}
    for values in rows.values_list(*columns.values()).iterator(chunk_size=500):
        yield dict(zip(columns, values, strict=True))
