"""Giving participants a date, such as “event”, or taking it away: one statement for any number of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date

from django.db import connection, transaction
from django.db.models.fields.json import KeyTextTransform
from django.utils.translation import gettext as _

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


class NoParticipants(Exception):
    """Some of those who were named take no part in the campaign: `influencers` has their ids. Nothing was done."""

    def __init__(self, influencers: frozenset[int]) -> None:
        super().__init__(_("They take no part in the campaign."))
        self.influencers = influencers


def participants_dates(*, campaign: Campaign, days: Mapping[int, Mapping[str, date | None]], by: User) -> int:
    """Give participants, by their influencers' ids, dates of their own, or take them away (None); all of it or nothing.

    What isn't named stays. Returns how many participants that changed. Raises ValidationError for a bad name, and
    NoParticipants.
    """
    told = [
        {
            "i": influencer,
            "gone": [date_name_clean(name) for name, day in dates.items() if day is None],
            "new": {date_name_clean(name): day.isoformat() for name, day in dates.items() if day is not None},
        }
        for influencer, dates in days.items()
    ]
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_EACH, [json.dumps(told), campaign.pk])
            met, changed = cursor.fetchone()
        if missing := frozenset(days) - frozenset(met or ()):
            raise NoParticipants(missing)
        audit_record(
            program=campaign.program,
            actor=by,
            action="participants.dated",
            subject=campaign.name,
            campaign=campaign.pk,
            date=", ".join(sorted({name for dates in days.values() for name in dates})),
            people=changed,
        )
    return int(changed)


# Locked in the order of their ids, as below.
_EACH = """
WITH told AS (SELECT * FROM jsonb_to_recordset(%s::jsonb) AS t (i bigint, gone text[], new jsonb)),
chosen AS MATERIALIZED (
    SELECT one.id, one.influencer_id, told.gone, told.new
    FROM campaigns_participant one JOIN told ON told.i = one.influencer_id
    WHERE one.campaign_id = %s ORDER BY one.id FOR NO KEY UPDATE OF one),
changed AS (
    UPDATE campaigns_participant AS one SET dates = (one.dates - chosen.gone) || chosen.new FROM chosen
    WHERE one.id = chosen.id AND (one.dates - chosen.gone) || chosen.new <> one.dates RETURNING one.id)
SELECT (SELECT array_agg(influencer_id) FROM chosen), (SELECT count(*) FROM changed)
"""


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
