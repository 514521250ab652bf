"""Backup and restore, tried: after a restore nothing goes out twice by itself, and nobody is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from batches.engine.claims import claim_take
from batches.engine.restoring import DatabaseRestored, restored_accept, restored_refuse, restored_settle
from batches.engine.slices import serve
from batches.engine.sweeper import counts_check, sweep
from batches.engine.turns import turn_take
from batches.engine.worker import Worker, current_worker, leave
from batches.models import BatchRequest, Claim, Installation, Notice, WorkerLease
from batches.services import batch_resume, batch_stop
from batches.states import BatchStatus, Lane
from messaging.models import Channel, Message
from tests.batches.factories import worker_living
from tests.batches.kinds import Marking
from tests.factories import MembershipFactory
from tests.fixtures.smtp import SmtpServer
from tests.messaging.factories import ChannelFactory, people, request_broadcast
from tests.reliability.road import Road, twice
from tests.running.backups import dump, restored
from tests.services import database_url

PEOPLE = 60


def serve_until_nothing_is_left() -> None:
    """Sweep and serve in this process, as workers do, until nobody has anything to do."""
    sweep()
    while serve(list(Lane), current_worker()):
        pass
    leave()


def test_what_was_sent_after_the_backup_is_not_sent_again_by_the_restored_database(
    transactional_db: None, redis_db: Any, smtp_server: SmtpServer, tmp_path: Path
) -> None:
    restored_refuse()  # as workers do when they start: it notes which database this is
    road, place = Road(smtp_server), database_url()
    batch = road.send(PEOPLE)

    def back_up_in_the_middle(_address: str) -> None:
        if len(smtp_server.messages) >= PEOPLE // 6 and not backups:
            backups.append(dump(tmp_path / "backup", of=place))

    backups: list[Path] = []
    smtp_server.on_rcpt = back_up_in_the_middle
    serve_until_nothing_is_left()
    batch.refresh_from_db()
    assert (batch.succeeded, len(smtp_server.messages)) == (PEOPLE, PEOPLE)
    with restored(backups[0]):
        then = BatchRequest.objects.get()
        undecided = then.pending + then.in_flight
        assert undecided > 0
        with pytest.raises(DatabaseRestored):
            restored_refuse()
        # The backup is an hour old, and so is the worker that it knows.
        WorkerLease.objects.update(renewed_at=timezone.now() - timedelta(hours=1))
        told = StringIO()
        call_command("after_restore", "--json", stdout=told)
        assert json.loads(told.getvalue())["unknown"] == undecided
        serve_until_nothing_is_left()
        now = BatchRequest.objects.get()
        counts = (now.status, now.pending, now.in_flight, now.succeeded, now.unknown)
        assert counts == ("stopped", 0, 0, then.succeeded, undecided)
        assert counts_check() == []
    assert len(smtp_server.messages) == PEOPLE
    assert twice(smtp_server.addresses()) == []


Request = Callable[..., BatchRequest]


@pytest.fixture
def restored_here(db: None) -> None:
    """This database as if it had just been restored."""
    Installation.objects.update_or_create(pk=1, defaults={"mark": "another/1"})


@pytest.mark.usefixtures("restored_here")
def test_workers_refuse_to_start_until_somebody_has_been_there() -> None:
    for command in (["workers"], ["batch_scheduler"], ["batch_worker", "bulk"], ["batch", "sweep"]):
        with pytest.raises(CommandError, match="after_restore"):
            call_command(*command)
    call_command("after_restore", nothing_was_sent=True)
    restored_refuse()


@pytest.mark.django_db
def test_the_first_workers_note_which_database_it_is() -> None:
    restored_refuse()
    restored_refuse()
    assert Installation.objects.count() == 1
    Installation.objects.update(mark="another/1")
    with pytest.raises(DatabaseRestored):
        restored_refuse()
    restored_accept()
    restored_refuse()


def test_what_was_in_hand_or_waiting_becomes_unknown_and_no_old_claim_or_lease_is_left(
    request_batch: Request, worker: Worker
) -> None:
    batch = request_batch(size=5)
    turn_take([Lane.BULK])
    assert claim_take(batch.pk, 2, worker)
    WorkerLease.objects.update(ended_at=timezone.now())
    last = Claim.objects.get().pk
    done = restored_settle()
    batch.refresh_from_db()
    assert (batch.status, batch.unknown, batch.waiting) == (BatchStatus.STOPPED, 5, 0)
    assert (done.batches, done.unknown) == (1, 5)
    assert counts_check() == []
    assert not Claim.objects.exists()
    assert Claim.objects.create(worker_id=worker.id, batch=batch, keys=[]).pk > last + 1_000_000
    Claim.objects.all().delete()


def test_work_on_data_is_in_the_backup_or_not_done(request_batch: Request) -> None:
    batch = request_batch(Marking, size=3)
    done = restored_settle()
    batch.refresh_from_db()
    assert (batch.status, batch.not_sent, batch.unknown) == (BatchStatus.STOPPED, 3, 0)
    assert (done.not_sent, done.unknown) == (3, 0)


def test_one_that_was_being_stopped_has_begun_nothing_more(request_batch: Request, worker: Worker) -> None:
    batch = request_batch(size=5)
    turn_take([Lane.BULK])
    assert claim_take(batch.pk, 2, worker)
    batch_stop(batch=batch, by=batch.requester)
    WorkerLease.objects.update(ended_at=timezone.now())
    restored_settle()
    batch.refresh_from_db()
    assert (batch.status, batch.not_sent, batch.unknown) == (BatchStatus.STOPPED, 3, 2)


def test_what_is_scheduled_asks_and_what_should_have_begun_since_is_unknown(request_batch: Request) -> None:
    later = request_batch(size=2, scheduled_for=timezone.now() + timedelta(hours=1))
    since = request_batch(size=2, scheduled_for=timezone.now() + timedelta(hours=1))
    BatchRequest.objects.filter(pk=since.pk).update(scheduled_for=timezone.now() - timedelta(minutes=5))
    assert restored_settle().asked == 1
    later.refresh_from_db()
    since.refresh_from_db()
    assert (later.status, later.pending) == (BatchStatus.OVERDUE, 2)
    assert (since.status, since.unknown) == (BatchStatus.STOPPED, 2)
    assert batch_resume(batch=later, by=later.requester).status == BatchStatus.QUEUED


@pytest.mark.django_db
def test_channels_wait_for_a_person_messages_are_shown_as_unknown_and_no_notice_is_mailed_again(
    client: Client, redis_db: Any
) -> None:
    member = MembershipFactory.create()
    people(member, 3)
    channel = ChannelFactory.create(program=member.program)
    batch = request_broadcast(member, channel).batch
    ended = request_broadcast(member, channel).batch
    BatchRequest.objects.filter(pk=ended.pk).update(status=BatchStatus.COMPLETED)
    Notice.objects.create(batch=ended, user=member.user, subject="x", body="x", message_id="1")
    done = restored_settle()
    assert done.held == 1
    assert Channel.objects.get().paused_by == "person"
    assert "restored" in Channel.objects.get().pause_reason
    assert set(Message.objects.filter(batch_id=batch.pk).values_list("status", flat=True)) == {"unknown"}
    assert not Notice.objects.filter(message_id="1", mail_state="waiting").exists()
    client.force_login(member.user)
    page = client.get(f"/p/{member.program.slug}/bulk-messages/logs/{batch.pk}/", follow=True)
    engine = client.get(f"/p/{member.program.slug}/settings/batch-requests/{batch.pk}/", follow=True)
    assert {page.status_code, engine.status_code} <= {200, 404}
    assert "restored from a backup" in (page.content + engine.content).decode()


@pytest.mark.django_db
def test_it_refuses_while_a_worker_is_alive() -> None:
    worker_living()
    with pytest.raises(CommandError, match="stop them first"):
        call_command("after_restore")
