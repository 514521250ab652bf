"""Erasing an influencer: nothing says any more who it was, nothing brings them back, and the books still add up."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from batchadmin.accounts.models import AuditEntry, Membership
from batchadmin.accounts.services import token_create
from batchadmin.accounts.states import Role
from batches.models import BatchRequest
from campaigns.models import Erasure, Influencer, KeptOptOut, OptOut, StageChange, Subscription
from campaigns.services import (
    erasures_sweep,
    influencer_create,
    influencer_erase,
    influencer_update,
    opt_out_lift,
    opt_out_set,
    subscription_save,
    suppress,
)
from campaigns.states import OptOutSource
from campaigns.workflow import Mover, add
from messaging.identifiers import our_id
from messaging.models import InboundFile, Message
from messaging.news import News
from messaging.receipts import receipts_record
from messaging.services import broadcast_restart
from messaging.states import FileState, ReceiptWhat
from messaging.triggers.asked import LaunchAsked
from messaging.triggers.services import launch_request
from tests.api.conftest import caller_of
from tests.campaigns.factories import CampaignFactory
from tests.factories import MembershipFactory
from tests.messaging.factories import ChannelFactory, people, request_broadcast, smtp_channel
from tests.messaging.triggers.factories import trigger_of

Send = Callable[..., BatchRequest]
MARK = "quetzal"
EMAIL = f"{MARK}@example.com"


@pytest.fixture
def owner(db: None) -> Membership:
    made: Membership = MembershipFactory.create(role=Role.OWNER)
    return made


@pytest.fixture
def person(owner: Membership) -> Influencer:
    return influencer_create(
        program=owner.program,
        by=owner.user,
        first_name=MARK,
        email=EMAIL,
        msisdn="+49 170 7770001",
        external_id=f"{MARK}-1",
        handles={"instagram": MARK},
        tags=[MARK],
        attributes={"shop": MARK},
    )


def rows_that_say(word: str) -> list[str]:
    """The tables in which any row says the word anywhere."""
    with connection.cursor() as cursor:
        found = []
        for table in connection.introspection.table_names(cursor):
            quoted = connection.ops.quote_name(table)
            cursor.execute(f"SELECT EXISTS (SELECT FROM {quoted} AS t WHERE t::text ILIKE %s)", [f"%{word}%"])
            if cursor.fetchone()[0]:
                found.append(table)
    return found


def come_in(owner: Membership, **properties: Any) -> None:
    """The API imports one member."""
    told = {"import_id": "may", "request_number": 1, "members": [{"properties": properties}]}
    assert caller_of(owner).post("imports", told).status_code == 202


def test_nothing_says_who_it_was_in_any_table_or_file(
    owner: Membership, person: Influencer, send: Send
) -> None:
    subscription_save(
        subscription=Subscription(program=owner.program, influencer=person),
        by=owner.user,
        kind="email",
        address=f"{MARK}-2@example.com",
    )
    campaign = CampaignFactory.create(program=owner.program)
    add(to_stage=campaign.stages.get(position=1), influencer_ids=[person.pk], by=Mover.of(owner.user))
    batch = send(request_broadcast(owner, body="Dear {{ influencer.first_name }}"))
    message = Message.objects.get()
    kept = InboundFile.objects.create(
        message=message, name=f"{MARK}.png", state=FileState.KEPT, file=SimpleUploadedFile("x.png", b"png")
    )
    failed = News(
        our_id(batch.pk, person.pk), ReceiptWhat.FAILED, timezone.now(), "5.1.1", f"no {EMAIL} here"
    )
    receipts_record(channel=message.chat.channel, news=[failed])
    come_in(owner, email=EMAIL, first_name=MARK)
    opt_out_set(influencer=person, channel_type="email", reason=f"{MARK} said so", by_person=True)
    assert len(rows_that_say(MARK)) > 8

    assert influencer_erase(influencer=person, by=owner.user)
    # What the API remembers of a repeated request is forgotten a day later, as the decision says.
    assert set(rows_that_say(MARK)) <= {"accounts_idempotentrequest"}
    assert rows_that_say("1707770001") == []
    assert not kept.file.storage.exists(str(kept.file.name))
    batch.refresh_from_db()
    assert (batch.total, batch.failed, batch.items.get().key) == (1, 1, person.pk)
    assert StageChange.objects.get().participant.influencer.name == "Erased person"
    message.refresh_from_db()
    assert (message.status, bool(message.sent_at), message.address) == ("failed", True, "")


def test_a_line_that_waits_is_left_out_when_its_turn_comes(
    owner: Membership, person: Influencer, send: Send
) -> None:
    people(owner, 2)
    broadcast = request_broadcast(owner)
    influencer_erase(influencer=person, by=owner.user)
    batch = send(broadcast)
    item = batch.items.get(key=person.pk)
    assert (item.status, item.reason, item.payload) == ("skipped", "erased", {})
    assert (batch.succeeded, batch.skipped) == (2, 1)


def test_what_is_being_handed_over_finishes_and_is_recorded_without_a_word(
    owner: Membership, person: Influencer, send: Send, smtp_server: Any
) -> None:
    def erase() -> None:
        influencer_erase(influencer=person, by=owner.user)
        connection.close()

    def erase_meanwhile(address: str) -> None:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(erase).result()

    smtp_server.on_rcpt = erase_meanwhile
    batch = send(request_broadcast(owner, smtp_channel(owner, smtp_server)))
    assert batch.succeeded == 1
    message = Message.objects.get()
    assert (message.status, message.address, message.subject, message.body) == ("sent", "", "", "")
    erasures_sweep(now=timezone.now())
    assert rows_that_say(MARK) == []


def test_late_receipts_and_restarts_bring_nothing_back(
    owner: Membership, person: Influencer, send: Send
) -> None:
    people(owner, 1)
    broadcast = request_broadcast(owner)
    batch = send(broadcast)
    influencer_erase(influencer=person, by=owner.user)
    late = News(our_id(batch.pk, person.pk), ReceiptWhat.FAILED, timezone.now(), "5.1.1", f"no {EMAIL} here")
    receipts_record(channel=broadcast.channel, news=[late])
    assert batch.items.get(key=person.pk).status == "failed"
    other = Influencer.objects.exclude(pk=person.pk).get()
    more = News(our_id(batch.pk, other.pk), ReceiptWhat.FAILED, timezone.now(), "4.2.2", "full")
    receipts_record(channel=broadcast.channel, news=[more])
    again = send(broadcast_restart(broadcast=broadcast, by=owner.user).broadcast)
    assert again.succeeded == 1
    assert not again.items.filter(key=person.pk).exclude(reason="erased").exists()
    assert Message.objects.filter(chat__influencer=person).count() == 1
    assert rows_that_say(MARK) == []


def test_what_was_written_meanwhile_is_emptied_for_an_hour(
    owner: Membership, person: Influencer, send: Send
) -> None:
    send(request_broadcast(owner))
    influencer_erase(influencer=person, by=owner.user)
    Message.objects.update(body=MARK)
    erasures_sweep(now=timezone.now())
    assert rows_that_say(MARK) == []
    erasures_sweep(now=timezone.now() + timedelta(hours=2))
    assert Erasure.objects.get().settled_at is not None


@pytest.mark.parametrize("way", ["by hand", "import", "another address", "further address"])
def test_who_opted_out_stays_so_when_the_address_comes_back(
    owner: Membership, person: Influencer, send: Send, way: str
) -> None:
    opt_out_set(influencer=person, channel_type="email", reason="replied STOP", by_person=True)
    influencer_erase(influencer=person, by=owner.user)
    assert not OptOut.objects.exists()
    other = influencer_create(program=owner.program, by=owner.user, first_name="New")
    if way == "by hand":
        other = influencer_create(program=owner.program, by=owner.user, email=EMAIL.upper())
    elif way == "import":
        come_in(owner, email=EMAIL)
        send_all(send, owner)
        other = Influencer.objects.get(email=EMAIL)
    elif way == "another address":
        influencer_update(influencer=other, by=owner.user, email=EMAIL)
    else:
        made = Subscription(program=owner.program, influencer=other)
        subscription_save(subscription=made, by=owner.user, kind="email", address=EMAIL, opted_in=False)
    opt_out = OptOut.objects.get()
    assert (opt_out.influencer, opt_out.channel_type, opt_out.by_person) == (other, "email", True)
    assert opt_out.reason == "opted out before their data was erased"
    page = client_of(owner).get(reverse("influencer", args=[owner.program.slug, other.pk])).content.decode()
    assert opt_out.reason in page


def send_all(send: Send, owner: Membership) -> None:
    """Let the engine do what the import has requested."""
    bulk = BatchRequest.objects.filter(program=owner.program).latest("pk")
    send(type("Of", (), {"batch": bulk})())


def test_an_address_that_bounced_stays_suppressed_and_a_member_s_note_does_not(
    owner: Membership, person: Influencer
) -> None:
    suppress(people={person.pk: EMAIL}, channel_type="email", source=OptOutSource.BOUNCE, reason="gone")
    opt_out_set(influencer=person, channel_type="sms", reason="noted", by_person=False, by=owner.user)
    influencer_erase(influencer=person, by=owner.user)
    influencer_create(program=owner.program, by=owner.user, email=EMAIL, msisdn="+491707770001")
    opt_out = OptOut.objects.get()
    assert (opt_out.channel_type, opt_out.source, opt_out.address) == ("email", "bounce", EMAIL)


@pytest.mark.parametrize(
    ("value", "is_theirs"),
    [
        (EMAIL, True),
        (f"{EMAIL.title()} ", True),
        ("+49 (170) 777-0001", True),
        ("0049 170/7770001", True),
        (f"{EMAIL}, 491707770001", True),  # of a launch that looks for either
        (f"x{EMAIL}", False),
        ("+49 170 7770002", False),
    ],
)
def test_values_of_launches_are_theirs_however_they_were_written(
    owner: Membership, person: Influencer, value: str, is_theirs: bool
) -> None:
    token = token_create(program=owner.program, role=Role.MANAGER, name="Shop", by=owner.user)[0]
    asked = LaunchAsked(trigger_of(owner).pk, ({"email": "nobody@example.com"},))
    launch = launch_request(token=token, by=owner.user, asked=asked)
    launch.misses.update(value=value)
    influencer_erase(influencer=person, by=owner.user)
    assert launch.misses.get().value == ("" if is_theirs else value)


def test_a_form_that_was_read_before_brings_nobody_back(owner: Membership, person: Influencer) -> None:
    read_before = Influencer.objects.get(pk=person.pk)
    influencer_erase(influencer=person, by=owner.user)
    with pytest.raises(ValidationError, match="erased meanwhile"):
        influencer_update(influencer=read_before, by=owner.user, first_name="Bea")
    left = Influencer.objects.get(pk=person.pk)
    assert (left.email, left.first_name, left.erased_at is None) == (None, "", False)


def test_a_change_leaves_alone_what_others_have_changed_since(owner: Membership, person: Influencer) -> None:
    read_before = Influencer.objects.get(pk=person.pk)
    influencer_update(influencer=person, by=owner.user, tags=["vip"], email="new@example.com")
    changed = influencer_update(influencer=read_before, by=owner.user, first_name="Bea")
    assert (changed.first_name, changed.tags, changed.email) == ("Bea", ["vip"], "new@example.com")


def test_the_person_s_start_forgets_what_was_kept(owner: Membership, person: Influencer) -> None:
    opt_out_set(influencer=person, channel_type="email", reason="STOP", by_person=True)
    influencer_erase(influencer=person, by=owner.user)
    back = influencer_create(program=owner.program, by=owner.user, email=EMAIL)
    opt_out_lift(influencer=back, channel_type="email", by=None)
    influencer_update(influencer=back, by=owner.user, first_name="Bea")
    assert not OptOut.objects.exists()
    assert not KeptOptOut.objects.exists()


def test_kept_opt_outs_are_of_one_program_and_say_nothing_to_another(
    owner: Membership, person: Influencer
) -> None:
    opt_out_set(influencer=person, channel_type="email", reason="STOP", by_person=True)
    influencer_erase(influencer=person, by=owner.user)
    elsewhere = MembershipFactory.create(role=Role.OWNER)
    influencer_create(program=elsewhere.program, by=elsewhere.user, email=EMAIL)
    assert not OptOut.objects.exists()


def test_rows_of_an_import_that_wait_do_not_bring_them_back(
    owner: Membership, person: Influencer, send: Send
) -> None:
    come_in(owner, email=EMAIL, first_name="Again")
    bulk = BatchRequest.objects.latest("pk")
    influencer_erase(influencer=person, by=owner.user)
    send_all(send, owner)
    bulk.refresh_from_db()
    assert (bulk.is_live, bulk.failed, bulk.items.get().reason) == (False, 1, "erased")
    assert not Influencer.objects.present().exists()


def test_the_audit_trail_says_that_and_not_whom(owner: Membership, person: Influencer) -> None:
    influencer_erase(influencer=person, by=owner.user)
    entry = AuditEntry.objects.get(action="influencer.erased")
    assert (entry.actor, entry.subject) == (owner.user, f"Influencer {person.pk}")
    assert AuditEntry.objects.get(action="influencer.created").actor == owner.user


def client_of(membership: Membership) -> Client:
    client = Client()
    client.force_login(membership.user)
    return client


def test_owners_are_asked_in_numbers_and_pressing_twice_is_told(
    owner: Membership, person: Influencer, send: Send
) -> None:
    send(request_broadcast(owner))
    request_broadcast(owner, ChannelFactory.create(program=owner.program))
    opt_out_set(influencer=person, channel_type="email", reason="STOP", by_person=True)
    client, address = client_of(owner), reverse("influencer-erase", args=[owner.program.slug, person.pk])
    asked = client.get(address).content.decode()
    for words in (
        "1 message loses its text",
        "1 batch that has not",
        "2 batches keep",
        "stays opted out of E-mail",
    ):
        assert words in asked
    assert Influencer.objects.present().exists()
    first, second = (client.post(address, follow=True).content.decode() for _press in range(2))
    assert "has been erased" in first
    assert "had been erased already" in second
    assert AuditEntry.objects.filter(action="influencer.erased").count() == 1
    assert client.get(reverse("influencer", args=[owner.program.slug, person.pk])).status_code == 404
    chat = reverse("chat", args=[owner.program.slug, Message.objects.get().chat_id])
    shown = client.get(chat).content.decode()
    assert "The text was erased with the person." in shown
    assert "reply/" not in shown


@pytest.mark.parametrize(("role", "status"), [(Role.VIEWER, 403), (Role.MANAGER, 403), (None, 404)])
def test_nobody_else_may(owner: Membership, person: Influencer, role: Role | None, status: int) -> None:
    other = MembershipFactory.create(
        **({"program": owner.program, "role": role} if role else {"role": Role.OWNER})
    )
    address = reverse("influencer-erase", args=[owner.program.slug, person.pk])
    assert client_of(other).post(address).status_code == status
    assert Influencer.objects.present().exists()
