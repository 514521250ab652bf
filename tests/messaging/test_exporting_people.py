"""Handing out all that is held about one influencer: everything of theirs, nothing of anybody else's."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import AuditEntry, Membership
from batchadmin.accounts.states import Role
from batchadmin.lib.zips import zip_pieces
from batches.models import BatchRequest
from campaigns.audience import Selection
from campaigns.models import Influencer, Subscription
from campaigns.services import opt_out_set, participants_add
from messaging.models import InboundFile, Message
from messaging.states import FileState
from tests.api.conftest import caller_of
from tests.campaigns.factories import CampaignFactory
from tests.factories import MembershipFactory
from tests.messaging.factories import people, request_broadcast

Send = Callable[..., BatchRequest]


@pytest.fixture
def owner(db: None) -> Membership:
    made: Membership = MembershipFactory.create(role=Role.OWNER)
    return made


def exported(membership: Membership, person: Influencer) -> zipfile.ZipFile:
    client = Client()
    client.force_login(membership.user)
    answer = client.post(reverse("influencer-export", args=[membership.program.slug, person.pk]))
    assert answer.status_code == 200
    assert answer["Content-Disposition"] == f'attachment; filename="influencer-{person.pk}.zip"'
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]


def held(owner: Membership, send: Send) -> Influencer:
    """Somebody of whom there is one of everything."""
    person, _other = people(owner, 2, attributes={"size": "XL"}, external_id=None)
    Subscription.objects.create(
        program=owner.program, influencer=person, kind="email", address="second@example.com"
    )
    campaign = CampaignFactory.create(program=owner.program, name="Spring")
    stage = campaign.stages.get(position=1)
    participants_add(selection=Selection(ids=(person.pk,)), to_stage=stage, by=owner.user)
    send(request_broadcast(owner, subject="Your box"))
    message = Message.objects.get(chat__influencer=person)
    InboundFile.objects.create(
        message=message,
        name="me.png",
        state=FileState.KEPT,
        size=3,
        file=SimpleUploadedFile("x.png", b"png"),
    )
    rows = [{"properties": {"email": person.email, "first_name": person.first_name}}]
    caller_of(owner).post("imports", {"import_id": "may", "request_number": 1, "members": rows})
    opt_out_set(influencer=person, channel_type="email", reason="replied STOP", by_person=True)
    return person


def test_everything_that_is_held_is_in_the_file_and_nothing_of_others(owner: Membership, send: Send) -> None:
    person = held(owner, send)
    with exported(owner, person) as archive:
        text = archive.read("influencer.json").decode()
        found: dict[str, Any] = json.loads(text)
        assert found["profile"]["email"] == person.email
        assert found["profile"]["attributes"] == {"size": "XL"}
        assert [one["address"] for one in found["further_addresses"]] == ["second@example.com"]
        assert [(one["channel_type"], one["reason"]) for one in found["opt_outs"]] == [
            ("email", "replied STOP")
        ]
        assert [one["opted_out"] for one in found["opted_out_and_in"]] == [True]
        assert [(one["campaign"], one["stage"]) for one in found["campaigns"]] == [("Spring", "Invited")]
        assert [one["to_stage"] for one in found["stage_history"]] == ["Invited"]
        assert [one["payload"]["to"] for one in found["batches"]] == [person.email]
        assert [one["payload"]["values"]["email"] for one in found["import_rows"]] == [person.email]
        [message] = found["messages"]
        assert (message["subject"], message["status"], message["address"]) == (
            "Your box",
            "sent",
            person.email,
        )
        assert message["sent_at"]
        assert archive.read(message["files"][0]) == b"png"
    for other in Influencer.objects.exclude(pk=person.pk):
        assert str(other.email) not in text


def test_the_audit_trail_says_who_had_it_made(owner: Membership) -> None:
    (person,) = people(owner, 1)
    exported(owner, person)
    entry = AuditEntry.objects.get(action="influencer.exported")
    assert (entry.actor, entry.detail) == (owner.user, {"influencer": person.pk})


def test_only_owners_are_offered_it_and_may_do_it(owner: Membership) -> None:
    (person,) = people(owner, 1)
    page = reverse("influencer", args=[owner.program.slug, person.pk])
    address = reverse("influencer-export", args=[owner.program.slug, person.pk])
    for role, status in ((Role.VIEWER, 403), (Role.MANAGER, 403), (Role.OWNER, 200)):
        client = Client()
        client.force_login(MembershipFactory.create(program=owner.program, role=role).user)
        assert client.post(address).status_code == status
        assert (address in client.get(page).content.decode()) is (status == 200)


def test_a_part_of_any_size_is_sent_while_it_is_read() -> None:
    read = []

    def content() -> Any:
        for number in range(200):
            read.append(number)
            yield bytes(f"{number * 7919 % 1009:04d}" * 16_384, "ascii")

    pieces = zip_pieces([("big.txt", content())])
    sizes = [len(next(pieces))]
    assert len(read) < 200
    sizes += [len(piece) for piece in pieces]
    assert max(sizes) < 1_000_000
    assert len(read) == 200
