"""Giving participants a date, such as “event”, or taking it away: one statement for any number of them."""

from __future__ import annotations

import json
from datetime import date

from django.db import connection, transaction
from django.db.models.fields.json import KeyTextTransform

from batchadmin.accounts.models import User
from batchadmin.accounts.services import audit_record
from campaigns.audience import Selection, expected_check
from campaigns.dates import date_name_clean
from campaigns.models import Campaign
from campaigns.querysets import ParticipantQuerySet


def participants_date(
    *, selection: Selection, campaign: Campaign, name: str, day: date | None, by: User
) -> int:
    """Set the date `name` of the selected participants to `day`, or remove it (None); returns how many that changed.

    Raises ValidationError for a bad name, EmptyBatch, AudienceChanged or SelectionError; then nothing has changed.
    """
    name = date_name_clean(name)
    with transaction.atomic():
        meant, changed = _write(selection.participants(campaign), name, day)
        expected_check(selection, meant)
        audit_record(
            program=campaign.program,
            actor=by,
            action="participants.dated" if day else "participants.undated",
            subject=campaign.name,
            campaign=campaign.pk,
            date=name,
            **({"day": day.isoformat()} if day else {}),
            people=changed,
        )
    return changed


def _write(people: ParticipantQuerySet, name: str, day: date | None) -> tuple[int, int]:
    """How many there are, and how many of them have changed. Locked in the order of their ids, as whoever moves people does."""
    chosen = people.order_by("pk").select_for_update(of=("self",), no_key=True).values("pk")
    sql, params = chosen.query.sql_with_params()
    value = day.isoformat() if day else None
    new = "{}" if value is None else json.dumps({name: value})
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH chosen (id) AS MATERIALIZED ({sql}), changed AS ("
            " UPDATE campaigns_participant AS one SET dates = (one.dates - %s::text) || %s::jsonb FROM chosen"
            " WHERE one.id = chosen.id AND one.dates ->> %s IS DISTINCT FROM %s::text RETURNING one.id)"
            " SELECT (SELECT count(*) FROM chosen), (SELECT count(*) FROM changed)",
            [*params, name, new, name, value],
        )
        meant, changed = cursor.fetchone()
    return int(meant), int(changed)


def with_other_day(people: ParticipantQuerySet, name: str, day: date | None) -> tuple[int, int]:
    """How many of them have the date with another day than `day`, and how many have it with this one."""
    # Not as a lookup by path: a name may have two underscores in it.
    had = people.filter(dates__has_key=name).annotate(said=KeyTextTransform(name, "dates"))
    same = had.filter(said=day.isoformat()).count() if day else 0
    return had.count() - same, same
