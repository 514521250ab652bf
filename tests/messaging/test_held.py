"""What is held about somebody is the same for who hands it out, who erases it, and in the list that says so."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import ForeignKey, Model
from django.utils import timezone

from batchadmin.accounts.models import Membership
from batchadmin.accounts.states import Role
from batches.models import BatchRequest
from campaigns.models import ImportBulk, Influencer, Subscription
from campaigns.services import influencer_create, influencer_erase, opt_out_set, subscription_save
from campaigns.workflow import Mover, add
from messaging.identifiers import our_id
from messaging.models import (
    ActionHook,
    AutomatedDelivery,
    HookCall,
    InboundFile,
    LaunchMiss,
    Message,
    StrayMessage,
    Template,
)
from messaging.news import News
from messaging.personal.exporting import influencer_export
from messaging.personal.held import HELD
from messaging.receipts import receipts_record
from messaging.states import FileState, ReceiptWhat
from messaging.triggers.asked import FileAsked
from tests.campaigns.factories import CampaignFactory
from tests.factories import MembershipFactory
from tests.messaging.factories import request_broadcast
from tests.messaging.test_erasing import EMAIL, MARK, come_in, rows_that_say, send_all
from tests.messaging.test_erasing_beside import launched

Send = Callable[..., BatchRequest]
LABELS = {held.model for held in HELD}
# What says the word while it is none about people: the names that this test gave to campaigns and the like don't.
A_DAY = {"accounts_idempotentrequest"}


def tables(labels: set[str]) -> set[str]:
    return {apps.get_model(label)._meta.db_table for label in labels}


def test_every_table_that_points_to_a_person_is_in_the_list() -> None:
    about: set[type[Model]] = {Influencer}
    while more := {model for model in apps.get_models() if model not in about and points_to(model, about)}:
        about |= more
    assert {model._meta.label for model in about} <= LABELS


def points_to(model: type[Model], about: set[type[Model]]) -> bool:
    fields = [field for field in model._meta.get_fields() if isinstance(field, ForeignKey)]
    return any(field.related_model in about for field in fields)


def test_what_is_not_handed_out_has_a_reason() -> None:
    assert [held.model for held in HELD if not (held.section or held.why)] == []


@pytest.fixture
def owner(db: None) -> Membership:
    made: Membership = MembershipFactory.create(role=Role.OWNER)
    return made


@pytest.fixture
def person(owner: Membership, send: Send) -> Influencer:
    """Somebody of whom there is one of everything that can say the word."""
    made = influencer_create(
        program=owner.program, by=owner.user, first_name=MARK, email=EMAIL, attributes={"shop": MARK}
    )
    further = Subscription(program=owner.program, influencer=made)
    subscription_save(subscription=further, by=owner.user, kind="email", address=f"{MARK}2@example.com")
    campaign = CampaignFactory.create(program=owner.program)
    add(to_stage=campaign.stages.get(position=1), influencer_ids=[made.pk], by=Mover.of(owner.user))
    written(owner, made, send)
    launches(owner, made, send)
    come_in(owner, email=EMAIL, first_name=MARK)
    send_all(send, owner)
    error = {"line": 1, "column": "Email", "value": EMAIL, "code": "x", "reason": "x"}
    ImportBulk.objects.update(errors=[error])
    opt_out_set(influencer=made, channel_type="email", reason=f"{MARK} said so", by_person=True)
    return made


def written(owner: Membership, person: Influencer, send: Send) -> None:
    """A message with a file and a receipt, a template that went out by itself, and what came from an unknown address."""
    batch = send(request_broadcast(owner, body="Dear {{ influencer.first_name }}"))
    message = Message.objects.get()
    InboundFile.objects.create(
        message=message, name=f"{MARK}.png", state=FileState.KEPT, file=SimpleUploadedFile("x.png", b"png")
    )
    failed = News(
        our_id(batch.pk, person.pk), ReceiptWhat.FAILED, timezone.now(), "5.1.1", f"no {EMAIL} here"
    )
    receipts_record(channel=message.chat.channel, news=[failed])
    template = Template.objects.create(program=owner.program, name="Welcome", body="Hi")
    AutomatedDelivery.objects.create(template=template, influencer=person)
    StrayMessage.objects.create(
        channel=message.chat.channel, provider_id="1", address=EMAIL, body=MARK, at=timezone.now()
    )


def launches(owner: Membership, person: Influencer, send: Send) -> None:
    """A launch for them alone, with a file and a call of a hook; one that waits; and a value that led to nobody."""
    told = {"to": MARK}
    file = FileAsked(name=f"{MARK}.pdf", content_type="application/pdf", data=b"%PDF")
    single = launched(
        owner, {"email": EMAIL}, body="For {apicontent.to}", content=told, custom_data=told, files=(file,)
    )
    send(single)
    hook = ActionHook.objects.create(trigger=single.trigger, url="https://example.com/", secret="s")
    HookCall.objects.create(hook=hook, launch=single, key=person.pk, custom_data=told, state="done")
    LaunchMiss.objects.create(launch=single, position=2, value=EMAIL, reason="repeated")
    launched(owner, {"email": EMAIL, "custom_data": told}, later=True)


@pytest.fixture
def document(person: Influencer, owner: Membership) -> Iterator[dict[str, Any]]:
    with zipfile.ZipFile(
        io.BytesIO(b"".join(influencer_export(influencer=person, by=owner.user)))
    ) as archive:
        files = {name for name in archive.namelist() if name != "influencer.json"}
        found: dict[str, Any] = json.loads(archive.read("influencer.json"))
        assert {name.partition("/")[0] for name in files} == {"files", "sent"}
        yield found


def test_exporting_and_erasing_go_by_the_same_list(
    owner: Membership, person: Influencer, document: dict[str, Any]
) -> None:
    saying = set(rows_that_say(MARK))
    assert saying <= tables(LABELS), "a table says who it is and isn't in the list"
    assert set(document) - {"exported_at"} == {held.section for held in HELD if held.section}
    assert [section for section, rows in document.items() if not rows] == []
    for held in HELD:
        if held.section and tables({held.model}) <= saying:
            assert MARK in json.dumps(document[held.section]), held.section
    # Nothing is erased that wasn't handed out, unless the list says why.
    assert influencer_erase(influencer=person, by=owner.user)
    assert set(rows_that_say(MARK)) <= A_DAY
