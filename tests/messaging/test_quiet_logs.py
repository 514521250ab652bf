"""Whatever goes wrong on the main roads, our own loggers at DEBUG say nothing about people."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import Membership
from batchadmin.accounts.services import token_create
from batchadmin.accounts.states import Role
from batchadmin.lib import logs
from batchadmin.lib.csvfiles import FileProblem
from batches.models import BatchItem, BatchRequest
from campaigns.models import Influencer
from campaigns.services import import_check, import_upload
from messaging.models import Channel
from messaging.triggers.services import launches
from tests.api.conftest import caller_of
from tests.factories import MembershipFactory
from tests.messaging.factories import ChannelFactory, request_broadcast, smtp_channel
from tests.messaging.triggers.factories import trigger_of

NAME, EMAIL, PHONE, SECRET = "Quetzalina", "quetzalina@example.com", "491707770001", "hush-hush-4711"
OURS = ("batchadmin", "batches", "campaigns", "messaging")
Send = Callable[..., BatchRequest]


@pytest.fixture
def said() -> Iterator[Callable[[], str]]:
    """A function that gives all that our loggers have said since, as it would be written."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.formatter("json"))
    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in OURS]
    levels = {name: logging.getLogger(name).level for name in {*names, *OURS}}
    logging.getLogger().addHandler(handler)
    for name in levels:
        logging.getLogger(name).setLevel("DEBUG")
    yield stream.getvalue
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def owner(db: None) -> Membership:
    made: Membership = MembershipFactory.create(role=Role.OWNER)
    return made


@pytest.fixture
def person(owner: Membership) -> Influencer:
    return Influencer.objects.create(program=owner.program, first_name=NAME, email=EMAIL, msisdn=PHONE)


def quiet(words: str, *secrets: str) -> None:
    """Something was said, and nothing about anybody."""
    assert words
    for private in (NAME, EMAIL, PHONE, SECRET, *secrets):
        assert private.lower() not in words.lower()


def test_a_log_in_that_fails(said: Callable[[], str], owner: Membership) -> None:
    answer = Client().post(reverse("log-in"), {"username": owner.user.email, "password": SECRET})
    assert answer.status_code in (200, 422)
    quiet(said(), owner.user.email)


def test_sending_that_fails_and_letters_that_break(
    said: Callable[[], str], owner: Membership, person: Influencer, send: Send, smtp_server: Any
) -> None:
    smtp_server.on_rcpt = lambda address: f"550 5.7.1 {NAME} at {address} doesn't want it"
    send(request_broadcast(owner, smtp_channel(owner, smtp_server)))
    broken = request_broadcast(owner, ChannelFactory.create(program=owner.program), body=f"For {NAME}")
    BatchItem.objects.filter(batch=broken.pk).update(payload=[EMAIL])
    assert send(broken).failed == 1
    assert "AttributeError" in said()
    quiet(said())


def test_an_import_with_errors_and_a_file_that_is_none(said: Callable[[], str], owner: Membership) -> None:
    file = io.BytesIO(f"Email,Name,Phone\n{EMAIL},{NAME},{PHONE}\nno,{NAME},x\n".encode())
    imported = import_upload(program=owner.program, by=owner.user, file=file, name=f"{NAME}.csv")
    import_check(imported=imported)
    rows = [{"properties": {"email": f"{NAME} at home", "msisdn": PHONE}}]
    caller_of(owner).post("imports", {"import_id": "may", "request_number": 1, "members": rows})
    imported.file.storage.delete(str(imported.file.name))
    with pytest.raises(FileProblem):
        import_check(imported=imported)
    quiet(said())


def test_reports_that_are_forged_or_nonsense(
    said: Callable[[], str], owner: Membership, person: Influencer
) -> None:
    channel: Channel = ChannelFactory.create(
        program=owner.program,
        type="whatsapp",
        settings={"phone_number_id": "1"},
        secrets={"app_secret": SECRET},
    )
    body = json.dumps({"entry": [{"from": PHONE, "name": NAME, "text": SECRET}]})
    address = reverse("hook", kwargs={"public_id": channel.public_id})
    headers = {"X-Hub-Signature-256": "sha256=00"}
    assert Client().post(address, body, content_type="application/json", headers=headers).status_code == 403
    quiet(said())


def test_calls_of_the_api_that_are_refused_and_that_break(
    said: Callable[[], str], owner: Membership, person: Influencer, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = caller_of(owner)
    assert caller.post("influencers", {"first_name": NAME, "email": EMAIL}).status_code == 422
    assert caller.get("influencers", q=NAME).status_code == 200
    monkeypatch.setattr(import_module("campaigns.api.influencers"), "influencer_document", None)
    assert caller.get(f"influencers/{person.pk}").status_code == 500
    assert "broke" in said()
    quiet(said(), caller.token)


def test_a_launch_of_a_trigger_and_one_that_breaks(
    said: Callable[[], str], owner: Membership, person: Influencer, monkeypatch: pytest.MonkeyPatch
) -> None:
    trigger = trigger_of(owner, body="Hi {{ apicontent.name }}")
    _token, text = token_create(program=owner.program, role=Role.MANAGER, name="Shop", by=owner.user)
    told = {
        "trigger_id": trigger.pk,
        "matching": "email",
        "data": [{"email": EMAIL}],
        "content": {"name": NAME},
    }
    for status in (200, 500):
        answer = Client(raise_request_exception=False).post(
            "/api/v1.1/campaigns/triggers/start_batch",
            json.dumps(told),
            content_type="application/json",
            headers={"Authorization": f"Bearer {text}"},
        )
        assert (answer.status_code == 500) is (status == 500)
        monkeypatch.setattr(launches, "trigger_find", None)
    assert "broke" in said()
    quiet(said(), text)
