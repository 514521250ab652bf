"""Writing a chunk of rows: one INSERT and one UPDATE for all of them, in the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection

from campaigns.importing.consents import consents_write
from campaigns.importing.matching import COLUMNS, Decision, Rules, decide
from campaigns.importing.rows import Member
from campaigns.kept import opt_outs_restore
from campaigns.states import RowFate
from campaigns.suppressions import bounces_forget

ROUNDS = 4
# Imports that create by handle take turns in a program: no constraint can keep a handle from being made twice.
HANDLES_LOCK = 0x48414E44

_SHAPE = (
    "id bigint, external_id text, first_name text, last_name text, email text, msisdn text,"
    " handles jsonb, tags jsonb, attributes jsonb"
)
_TAGS = "ARRAY(SELECT jsonb_array_elements_text(new.tags))"


def members_write(rules: Rules, members: Sequence[Member]) -> list[Decision]:
    """Create and change the influencers of these rows; returns what became of each, in the rows' order.

    A row that another transaction creates at the same moment is decided again, then as a change. Needs a transaction.
    """
    if rules.by_handle:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [HANDLES_LOCK, rules.program.pk])
    done: dict[int, Decision] = {}
    left = list(members)
    for _round in range(ROUNDS):
        decisions = decide(rules, left, lock=True)
        beaten = _write(rules, decisions)
        done.update({one.member.line: one for one in decisions if one.member.line not in beaten})
        left = [member for member in left if member.line in beaten]
        if not left:
            return [done[member.line] for member in members]
    raise RuntimeError("Rows are being created elsewhere again and again; try again later.")


def _write(rules: Rules, decisions: Sequence[Decision]) -> set[int]:
    """Write what was decided; returns the lines whose influencer somebody else has just created."""
    changed = [decision for decision in decisions if decision.fate == RowFate.UPDATED]
    if changed:
        _update(changed)
    created = [decision for decision in decisions if decision.fate == RowFate.CREATED]
    beaten = _insert(rules, created) if created else set()
    consents_write([decision for decision in decisions if decision.member.line not in beaten])
    written = [one.influencer_id for one in (*changed, *created) if one.influencer_id is not None]
    opt_outs_restore(program_id=rules.program.pk, influencer_ids=written)
    return beaten


def _update(decisions: Sequence[Decision]) -> None:
    sets = ", ".join(f"{column} = new.{column}" for column in COLUMNS if column != "tags")
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE campaigns_influencer AS influencer SET {sets}, tags = {_TAGS}, updated_at = clock_timestamp()"
            f" FROM jsonb_to_recordset(%s::jsonb) AS new ({_SHAPE}) WHERE influencer.id = new.id",
            [_records(decisions)],
        )
    bounces_forget(influencer_ids=[one.influencer_id for one in decisions if one.influencer_id is not None])


def _insert(rules: Rules, decisions: Sequence[Decision]) -> set[int]:
    plain = ", ".join(column for column in COLUMNS if column != "tags")
    values = ", ".join(f"new.{column}" for column in COLUMNS if column != "tags")
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO campaigns_influencer (program_id, {plain}, tags, created_at, updated_at)"
            f" SELECT %s, {values}, {_TAGS}, clock_timestamp(), clock_timestamp()"
            f" FROM jsonb_to_recordset(%s::jsonb) AS new ({_SHAPE})"
            " ON CONFLICT DO NOTHING RETURNING external_id, email, msisdn, id",
            [rules.program.pk, _records(decisions)],
        )
        written = {row[:3]: row[3] for row in cursor.fetchall()}
    for decision in decisions:
        if any(_key(decision.values)):
            decision.influencer_id = written.get(_key(decision.values))
    return {decision.member.line for decision in decisions if _key(decision.values) not in written}


def _key(values: dict[str, Any]) -> tuple[str | None, str | None, str | None]:
    return values["external_id"], values["email"], values["msisdn"]


def _records(decisions: Sequence[Decision]) -> str:
    return json.dumps([{"id": decision.influencer_id, **decision.values} for decision in decisions])
