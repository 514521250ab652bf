"""What a program doesn't keep any longer is removed, for that program only, and the pages say so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from batchadmin.accounts.models import AuditEntry, Membership, Retention
from batchadmin.accounts.services import audit_purge, audit_record, retention_change
from batchadmin.accounts.states import Role
from batches.models import BatchRequest
from batches.services import details_purge, purging
from messaging.models import Chat, InboundFile, Message
from messaging.services import retention
from messaging.states import FileState
from tests.factories import MembershipFactory
from tests.messaging.factories import people, request_broadcast

Send = Callable[..., BatchRequest]


@pytest.fixture
def owner(db: None) -> Membership:
    made: Membership = MembershipFactory.create(role=Role.OWNER)
    return made


def keep(owner: Membership, **days: int) -> None:
    wanted: dict[str, int | None] = {"message_days": None, "batch_days": None, "audit_days": None, **days}
    retention_change(program=owner.program, by=owner.user, **wanted)


def client_of(membership: Membership) -> Client:
    client = Client()
    client.force_login(membership.user)
    return client


def sent(owner: Membership, send: Send, number: int = 3) -> BatchRequest:
    people(owner, number)
    return send(request_broadcast(owner, subject="Your box", body="Dear {{ influencer.first_name }}"))


def test_texts_and_files_go_after_their_days_and_the_chat_says_so(
    owner: Membership, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "WINDOW", 2)
    sent(owner, send)
    other: Membership = MembershipFactory.create(role=Role.OWNER)
    sent(other, send, 1)
    first = Message.objects.filter(chat__program=owner.program).earliest("pk")
    file = InboundFile.objects.create(
        message=first, name="a.png", state=FileState.KEPT, file=SimpleUploadedFile("a.png", b"x")
    )
    keep(owner, message_days=90)
    assert retention.texts_purge(now=timezone.now() + timedelta(days=89)) == 0
    assert retention.texts_purge(now=timezone.now() + timedelta(days=91)) == 3
    mine = Message.objects.filter(chat__program=owner.program)
    assert set(mine.values_list("subject", "body", "status")) == {("", "", "sent")}
    assert not mine.filter(address="").exists()
    assert Message.objects.get(chat__program=other.program).body
    assert not file.file.storage.exists(str(file.file.name))
    page = reverse("chat", args=[owner.program.slug, Chat.objects.get(messages=first).pk])
    assert "Removed after 90 days." in client_of(owner).get(page).content.decode()


def test_younger_texts_stay_until_their_turn(owner: Membership, send: Send) -> None:
    sent(owner, send)
    newest = Message.objects.latest("pk")
    Message.objects.exclude(pk=newest.pk).update(queued_at=F("queued_at") - timedelta(days=10))
    keep(owner, message_days=5)
    assert retention.texts_purge(now=timezone.now()) == 2
    newest.refresh_from_db()
    assert newest.body
    assert retention.texts_purge(now=timezone.now() + timedelta(days=6)) == 1


def test_a_message_that_was_still_being_written_during_a_look_is_found_by_a_later_one(
    owner: Membership, send: Send
) -> None:
    sent(owner, send, 1)
    written = Message.objects.latest("pk")
    sent(MembershipFactory.create(role=Role.OWNER), send, 1)
    keep(owner, message_days=5)
    Message.objects.filter(pk=written.pk).delete()  # nobody sees it before its transaction ends
    assert retention.texts_purge(now=timezone.now()) == 0
    written.save(force_insert=True)
    assert retention.texts_purge(now=timezone.now() + timedelta(days=6)) == 1


def test_details_of_ended_batches_go_and_the_books_stay(
    owner: Membership, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "LINES", 2)
    batch = sent(owner, send)
    batch.items.update(detail="said to bea@example.com")
    waiting = request_broadcast(owner).batch
    keep(owner, batch_days=30)
    assert details_purge(now=timezone.now() + timedelta(days=29)) == 0
    assert details_purge(now=timezone.now() + timedelta(days=31)) == 1
    assert details_purge(now=timezone.now() + timedelta(days=31)) == 0
    assert [(item.payload, item.detail, item.status) for item in batch.items.all()] == [
        ({}, "", "succeeded")
    ] * 3
    assert all((item.payload or {})["to"] for item in waiting.items.all())
    batch.refresh_from_db()
    assert (batch.total, batch.succeeded) == (3, 3)
    page = reverse("broadcast", args=[owner.program.slug, batch.pk])
    assert "Addresses and details" in client_of(owner).get(page).content.decode()


def test_audit_entries_go_after_their_days(owner: Membership) -> None:
    audit_record(program=owner.program, actor=owner.user, action="token.created", subject="Shop")
    other: Membership = MembershipFactory.create(role=Role.OWNER)
    audit_record(program=other.program, actor=other.user, action="token.created", subject="Shop")
    keep(owner, audit_days=365)
    assert audit_purge(now=timezone.now() + timedelta(days=364)) == 0
    assert audit_purge(now=timezone.now() + timedelta(days=366)) == 2
    assert list(AuditEntry.objects.values_list("program", flat=True)) == [other.program.pk]
    page = client_of(owner).get(reverse("audit", args=[owner.program.slug])).content.decode()
    assert "Entries are removed after 365 days." in page


def test_who_has_chosen_nothing_keeps_everything(owner: Membership, send: Send) -> None:
    sent(owner, send)
    out = StringIO()
    Message.objects.update(queued_at=timezone.now() - timedelta(days=5_000))
    call_command("purge", "--json", stdout=out)
    assert '"messages": 0' in out.getvalue()
    keep(owner, message_days=30)
    out = StringIO()
    call_command("purge", stdout=out)
    assert out.getvalue().startswith("3 messages and 0 batches emptied")


def test_owners_choose_days_and_the_audit_trail_says_so(owner: Membership) -> None:
    client, page = client_of(owner), reverse("data", args=[owner.program.slug])
    told = {"message_days": "90", "batch_days": "", "audit_days": "365"}
    assert client.post(page, told).status_code == 302
    assert Retention.objects.values_list("message_days", "batch_days", "audit_days").get() == (90, None, 365)
    entry = AuditEntry.objects.get(action="program.retention_changed")
    assert entry.detail == {"message days": "– → 90", "audit days": "– → 365"}
    for nonsense in ("0", "-1", "99999", "soon"):
        assert client.post(page, {"message_days": nonsense}).status_code == 422
    assert Retention.objects.get().message_days == 90


@pytest.mark.parametrize(("role", "status"), [(Role.VIEWER, 403), (Role.MANAGER, 403), (None, 404)])
def test_nobody_else_chooses(owner: Membership, role: Role | None, status: int) -> None:
    fields = {"program": owner.program, "role": role} if role else {"role": Role.OWNER}
    client = client_of(MembershipFactory.create(**fields))
    page = reverse("data", args=[owner.program.slug])
    assert client.post(page, {"message_days": "1"}).status_code == status
    assert client.get(page).status_code == status
    assert not Retention.objects.exists()
