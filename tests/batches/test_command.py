"""`manage.py batch`, on which support and scripts rely: its words, its documents, its exit statuses."""

from __future__ import annotations

import json
import subprocess
import sys
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from batchadmin.accounts.models import Membership
from batchadmin.accounts.states import Role
from batches.models import BatchItem, BatchRequest
from batches.states import BatchStatus
from tests.batches.factories import make_membership_batch as make
from tests.batches.kinds import Mailing
from tests.factories import MembershipFactory, UserFactory
from tests.services import ROOT, child_environment

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kinds", "redis_db")]


@pytest.fixture
def owner() -> Membership:
    return MembershipFactory.create(role=Role.OWNER)


def run(*words: object) -> str:
    """What the command prints."""
    out = StringIO()
    call_command("batch", *map(str, words), stdout=out)
    return out.getvalue()


def document(*words: object) -> Any:
    """What the command prints with --json, which has to be one document."""
    return json.loads(run(*words, "--json"))


def refusal(*words: object) -> str:
    """What the command says when it refuses; the exit status has to be 2."""
    with pytest.raises(CommandError) as caught:
        run(*words)
    assert caught.value.returncode == 2
    return str(caught.value)


# --- list and show ------------------------------------------------------------------------------------------------------


def test_list_has_a_line_for_each_batch_the_newest_first(owner: Membership) -> None:
    older, newer = make(owner, name="Older"), make(owner, name="Newer", failed=1, succeeded=1)
    lines = run("list").splitlines()
    assert [line.split()[0] for line in lines] == ["ID", str(newer.pk), str(older.pk)]
    assert "Failed · 50% processed" in lines[1]


def test_list_of_nothing_says_so(owner: Membership) -> None:
    assert run("list").strip() == "No batch requests."
    assert document("list") == {"batches": []}


def test_list_keeps_to_a_program_and_a_status(owner: Membership) -> None:
    wanted = make(owner, failed=1)
    make(owner)
    make(MembershipFactory.create(), failed=1)
    found = document("list", "--program", owner.program.slug, "--status", "failed")
    assert [batch["id"] for batch in found["batches"]] == [wanted.pk]


def test_list_has_a_limit(owner: Membership) -> None:
    for _ in range(3):
        make(owner)
    assert len(document("list", "--limit", 2)["batches"]) == 2
    assert "--limit is 1 or more" in refusal("list", "--limit", 0)


def test_show_says_counts_that_add_up(owner: Membership) -> None:
    batch = make(owner, succeeded=2, failed=1, skipped=1)
    assert "2 succeeded + 1 failed + 1 skipped + 0 not sent + 0 unknown + 0 pending + 0 in flight = 4" in run(
        "show", batch.pk
    )


def test_show_as_a_document(owner: Membership) -> None:
    batch = make(owner, succeeded=2, failed=1)
    shown = document("show", batch.pk)
    assert (shown["id"], shown["type"], shown["status"]) == (batch.pk, batch.type, "failed")
    assert shown["counts"] == {
        "total": 3, "succeeded": 2, "failed": 1, "skipped": 0, "not_sent": 0,
        "unknown": 0, "pending": 0, "in_flight": 0,
    }  # fmt: skip


def test_show_says_how_many_went_out_after_the_click(owner: Membership) -> None:
    batch = make(
        owner, kind=Mailing, succeeded=5, not_sent=5, status=BatchStatus.STOPPED, stopped_by=owner.user,
        stop_requested_at=timezone.now(), after_stop=2,
    )  # fmt: skip
    assert "2 went out after the click" in run("show", batch.pk)
    assert document("show", batch.pk)["sent_after_stop"] == 2


# --- stop, resume, restart ----------------------------------------------------------------------------------------------


def test_stop_stops_what_the_page_may_not_stop(owner: Membership) -> None:
    batch = make(owner, succeeded=1, pending=3)
    assert document("stop", batch.pk)["status"] == "stopped"
    batch.refresh_from_db()
    assert (batch.not_sent, batch.stopped_by) == (3, owner.user)


def test_stop_is_done_in_the_name_of_whom_one_says(owner: Membership) -> None:
    support = UserFactory.create(email="support@example.com")
    batch = make(owner, pending=3)
    run("stop", batch.pk, "--by", "Support@example.com")
    batch.refresh_from_db()
    assert batch.stopped_by == support


def test_nothing_is_done_in_the_name_of_an_owner_who_was_locked_out(owner: Membership) -> None:
    next_owner = MembershipFactory.create(program=owner.program, role=Role.OWNER).user
    owner.user.is_active = False
    owner.user.save()
    batch = make(owner, pending=3)
    run("stop", batch.pk)
    batch.refresh_from_db()
    assert batch.stopped_by == next_owner


def test_a_batch_that_has_ended_cannot_be_stopped(owner: Membership) -> None:
    assert "ended already" in refusal("stop", make(owner).pk)


def test_resume_starts_an_overdue_batch(owner: Membership) -> None:
    batch = make(owner, pending=3, status=BatchStatus.OVERDUE, scheduled_for=timezone.now())
    assert document("resume", batch.pk)["status"] == "queued"


def test_resume_never_starts_a_stopped_one(owner: Membership) -> None:
    assert "It is stopped" in refusal("resume", make(owner, not_sent=3, status=BatchStatus.STOPPED).pk)


def test_restart_is_up_to_the_kind(owner: Membership) -> None:
    batch = make(owner, kind=Mailing, succeeded=3, failed=2)
    restarted = document("restart", batch.pk)
    assert (restarted["restart_of"], restarted["counts"]["total"]) == (batch.pk, 2)


def test_a_second_restart_is_refused_and_names_the_first(owner: Membership) -> None:
    batch = make(owner, kind=Mailing, failed=2)
    first = document("restart", batch.pk)["id"]
    assert str(first) in refusal("restart", batch.pk)


def test_a_kind_that_knows_no_restart_says_what_to_do(owner: Membership) -> None:
    assert "can't be restarted" in refusal("restart", make(owner, failed=2).pk)


# --- sweep --------------------------------------------------------------------------------------------------------------


def test_sweep_starts_what_is_due(owner: Membership) -> None:
    batch = make(owner, pending=3, status=BatchStatus.SCHEDULED, scheduled_for=timezone.now())
    assert document("sweep")["started"] == 1
    batch.refresh_from_db()
    assert batch.status == BatchStatus.QUEUED


def test_sweep_tells_what_it_did(owner: Membership) -> None:
    words = "Swept: 0 orphans, 0 expired, 0 started, 0 retried, 0 settled, 0 notices, 0 webhooks, 0 ready"
    assert run("sweep").strip() == words


def test_check_says_that_the_books_are_right(owner: Membership) -> None:
    make(owner, succeeded=3, failed=1)
    assert "Every batch's counts agree" in run("sweep", "--check")


@pytest.mark.wrong_books
def test_check_finds_counts_that_disagree(owner: Membership) -> None:
    batch = make(owner, succeeded=3)
    BatchItem.objects.filter(batch=batch, key=1).update(status="failed")
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("batch", "sweep", "--check", "--json", stdout=out)
    assert ended.value.code == 1
    assert [wrong["id"] for wrong in json.loads(out.getvalue())["wrong"]] == [batch.pk]


def test_check_changes_nothing(owner: Membership) -> None:
    batch = make(owner, pending=3, status=BatchStatus.SCHEDULED, scheduled_for=timezone.now())
    run("sweep", "--check")
    batch.refresh_from_db()
    assert batch.status == BatchStatus.SCHEDULED


# --- bad usage ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["show", "stop", "resume", "restart"])
def test_an_unknown_id_is_refused_in_a_sentence(action: str) -> None:
    assert refusal(action, 10**9) == "There is no batch 1000000000."


def test_a_batch_of_another_program_is_unknown_in_this_one(owner: Membership) -> None:
    batch = make(MembershipFactory.create())
    words = f"There is no batch {batch.pk} in {owner.program.slug}."
    assert refusal("show", batch.pk, "--program", owner.program.slug) == words


def test_an_unknown_program_is_refused() -> None:
    assert refusal("list", "--program", "nowhere").startswith("There is no program called nowhere.")


def test_a_missing_id_is_asked_for() -> None:
    assert "Which batch?" in refusal("stop")


def test_an_id_that_means_nothing_is_refused(owner: Membership) -> None:
    assert "takes no ID" in refusal("sweep", 5)


def test_nobody_acts_in_the_name_of_somebody_unknown(owner: Membership) -> None:
    batch = make(owner, pending=1)
    assert refusal("stop", batch.pk, "--by", "nobody@example.com") == "Nobody logs in as nobody@example.com."
    batch.refresh_from_db()
    assert batch.status == BatchStatus.PROCESSING


def test_a_program_without_an_owner_asks_who_does_it() -> None:
    batch = make(MembershipFactory.create(role=Role.MANAGER), pending=1)
    assert "--by EMAIL" in refusal("stop", batch.pk)


# --- as a process -------------------------------------------------------------------------------------------------------


def manage(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "manage.py"), "batch", *map(str, words)]
    return subprocess.run(command, env=child_environment(), capture_output=True, text=True, check=False)


@pytest.mark.django_db(transaction=True)
def test_the_process_ends_with_the_promised_status_and_one_document(owner: Membership) -> None:
    batch: BatchRequest = make(owner, succeeded=3)
    shown, unknown, usage = manage("show", batch.pk, "--json"), manage("show", 10**9), manage("shout")
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout)["id"] == batch.pk
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "There is no batch 1000000000." in unknown.stderr
    assert "Traceback" not in unknown.stderr
    assert usage.returncode == 2


def test_a_database_that_is_away_is_said_in_a_sentence() -> None:
    nowhere = child_environment({"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"})
    command = [sys.executable, str(ROOT / "manage.py"), "batch", "list"]
    told = subprocess.run(command, env=nowhere, capture_output=True, text=True, check=False, timeout=120)
    assert told.returncode == 1
    assert told.stderr.startswith("PostgreSQL: ")
    assert "Traceback" not in told.stderr
