"""Settings > Audit: complete, for owners, and only ever growing."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.audit_words import ACTIONS
from batchadmin.accounts.models import AuditEntry, Membership
from batchadmin.accounts.services import audit_record
from tests.accounts.conftest import LogIn

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def browser(owner: Membership, as_user: LogIn) -> Client:
    return as_user(owner.user)


def note(owner: Membership, action: str, subject: str, **detail: Any) -> AuditEntry:
    return audit_record(program=owner.program, actor=owner.user, action=action, subject=subject, **detail)


def page(name: str = "audit") -> str:
    return reverse(name, kwargs={"program": "glow"})


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM accounts_auditentry",
        "TRUNCATE accounts_auditentry",
        "TRUNCATE accounts_program CASCADE",
        "UPDATE accounts_auditentry SET subject = 'something else'",
        "UPDATE accounts_auditentry SET actor_id = NULL, actor_name = 'somebody else'",
    ],
)
def test_the_database_itself_refuses_to_change_it(statement: str, owner: Membership) -> None:
    note(owner, "token.created", "Shop")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SET CONSTRAINTS ALL IMMEDIATE"
        )  # a TRUNCATE waits for nothing that is still to be checked
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute(statement)
    assert AuditEntry.objects.get().subject == "Shop"


def test_whoever_did_it_stays_named_when_their_account_goes(manager: Membership) -> None:
    note(manager, "token.created", "Shop")
    name = manager.user.email
    manager.user.delete()
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.actor_name) == (None, name)


def test_it_says_who_did_what_in_words(browser: Client, owner: Membership) -> None:
    note(owner, "member.role_changed", "cy@example.com", before="viewer", after="manager")
    shown = browser.get(page()).content.decode()
    for words in (
        "Changed a member&#x27;s role",
        owner.user.email,
        "cy@example.com",
        "before: viewer, after: manager",
    ):
        assert words in shown


def test_an_empty_trail_and_a_filter_that_finds_nothing_say_which_it_is(browser: Client) -> None:
    assert "Nothing done yet" in browser.get(page()).content.decode()
    found_none = browser.get(page(), {"q": "nothing-is-called-this"}).content.decode()
    assert "No match" in found_none
    assert "Clear the filter" in found_none


def test_it_is_filtered_by_who_what_when_and_subject(browser: Client, owner: Membership) -> None:
    note(owner, "token.created", "Shop token")
    note(owner, "channel.paused", "Mail channel")
    for query, is_there in (
        ("q=mail", True),
        ("q=shop", False),
        ("action=channel.paused", True),
        ("action=token.created", False),
        (f"who={owner.user.email[:6]}", True),
        ("who=nobody", False),
        ("until=2020-01-01", False),
        ("since=2020-01-01", True),
    ):
        assert ("Mail channel" in browser.get(f"{page()}?{query}").content.decode()) == is_there, query


def test_older_entries_follow_in_pages_that_count_nothing(
    browser: Client, owner: Membership, django_assert_num_queries: Any
) -> None:
    for number in range(60):
        note(owner, "token.created", f"Token {number:03}")
    browser.get(page())
    # session, user, one's memberships with their programs, entries, for how long they are kept
    with django_assert_num_queries(5):
        first = browser.get(page())
    assert "Token 059" in first.content.decode()
    assert "Token 009" not in first.content.decode()
    older = browser.get(page() + "?" + str(first.context["older"])).content.decode()
    assert "Token 009" in older
    assert "Token 059" not in older


def test_while_one_types_only_the_list_is_renewed(browser: Client, owner: Membership) -> None:
    note(owner, "token.created", "Shop token")
    asked = {"HX-Request": "true", "HX-Target": "list"}
    part = browser.get(page() + "?q=shop", headers=asked).content.decode()
    assert "Shop token" in part
    assert "<html" not in part
    assert "export/?q=shop" in part  # the export follows the filter


def test_the_export_is_what_the_filter_leaves_and_runs_no_formula(browser: Client, owner: Membership) -> None:
    note(owner, "token.created", "=HYPERLINK(1)")
    note(owner, "channel.paused", "Mail channel")
    answer = browser.get(page("audit-export") + "?action=token.created")
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert "'=HYPERLINK(1)" in text
    assert "Mail channel" not in text


def test_every_action_that_is_recorded_has_words() -> None:
    recorded = set()
    for folder in ("batchadmin", "batches", "campaigns", "messaging"):
        for file in (ROOT / folder).rglob("*.py"):
            recorded |= codes_in(ast.parse(file.read_text()))
    assert len(recorded) > 15
    assert recorded - set(ACTIONS) == set()


def codes_in(tree: ast.Module) -> set[str]:
    """The codes that a file gives as `action`, where it is a text."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            given = [word.value for word in node.keywords if word.arg == "action"]
            if isinstance(node.func, ast.Name) and node.func.id == "batch_audit":
                given.append(node.args[2])
            found |= {
                str(one.value) for one in given if isinstance(one, ast.Constant) and "." in str(one.value)
            }
    return found
