"""What PostgreSQL does with an import's questions where its figures know nothing of the program yet."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from batchadmin.accounts.models import Program
from campaigns.importing.matching import Rules, decide
from campaigns.importing.rows import Member
from campaigns.states import Identifier, Operation
from tests.factories import ProgramFactory

PEOPLE = """
INSERT INTO campaigns_influencer
  (program_id, first_name, last_name, email, msisdn, handles, tags, attributes, created_at, updated_at)
SELECT %s, 'Bea', n::text, 'bea' || n || '@example.com', (4915100000000 + n)::text, jsonb_build_object('instagram', 'bea' || n),
  '{}', '{}', now(), now() FROM generate_series(1, 1500) AS n
"""


def plans_of(rules: Rules, members: list[Member]) -> list[str]:
    """How PostgreSQL finds the influencers that these rows may be about."""
    found: list[str] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        with connection.connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {sql}", params)
            found.append("\n".join(line for (line,) in cursor.fetchall()))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        decide(rules, members, lock=False)
    return found


@pytest.fixture
def unknown(db: None) -> Program:
    """A program that came after PostgreSQL looked at the table."""
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, [ProgramFactory.create().pk])
        cursor.execute("ANALYZE campaigns_influencer")
        # What other tests' people have left there is not sorted in yet, and makes the index look slower than it is.
        cursor.execute("SELECT gin_clean_pending_list('influencer_by_handle')")
    return ProgramFactory.create()


def test_a_new_programs_rows_are_looked_up_and_not_all_of_the_program_read_again_for_each_chunk(
    unknown: Program,
) -> None:
    rows = [Member(2, {"email": "zoe@example.com", "msisdn": "491512345678", "external_id": "7"})]
    plan = plans_of(Rules(program=unknown, operation=Operation.UPSERT), rows)[0]
    for index in ("influencer_one_email", "influencer_one_msisdn", "influencer_one_external_id"):
        assert index in plan
    assert "influencer_names" not in plan


def test_so_are_its_handles(unknown: Program) -> None:
    rows = [Member(2, {"handles": {"instagram": "zoe"}})]
    rules = Rules(program=unknown, operation=Operation.UPSERT, identifier=Identifier.HANDLE)
    plan = plans_of(rules, rows)[0]
    assert "influencer_by_handle" in plan
    assert "influencer_names" not in plan
