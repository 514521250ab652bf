"""Action hooks: what they are told, how they are signed, when they are tried again, and where they never go."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from batchadmin.accounts.models import Membership
from batchadmin.lib import outgoing
from campaigns.models import OptOut
from campaigns.states import ChannelType
from messaging.models import ActionHook, HookCall, Trigger, TriggerLaunch
from messaging.triggers import calling, jobs
from messaging.triggers.services import hook_add, hook_remove
from tests.fixtures.processes import wait_until
from tests.fixtures.workers import WorkerPool
from tests.messaging.triggers.factories import person

Ask = Callable[..., Any]


class Receiver:
    """Another system: what it was told, and what it answers."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver.lock:
                    receiver.requests.append((dict(self.headers), body))
                    status, headers = receiver.answers.pop(0) if receiver.answers else (200, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(b"noted")

            def log_message(self, *_args: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def documents(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _headers, body in self.requests]


@pytest.fixture
def receiver(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A receiver that the settings allow to be inside our own network, and that is waited for on a busy machine."""
    monkeypatch.setattr(calling, "CALL_SECONDS", 60.0)
    monkeypatch.setattr(outgoing, "CONNECT_SECONDS", 60.0)
    found = Receiver()
    settings.OUTGOING_ALLOWED_HOSTS = [f"127.0.0.1:{found.server.server_port}"]
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def hook(manager: Membership, trigger: Trigger, receiver: Receiver) -> ActionHook:
    """A hook of the trigger to the receiver."""
    return hook_add(trigger=trigger, by=manager.user, url=receiver.url)


def launch(ask: Ask, trigger: Trigger, *items: dict[str, Any], **fields: Any) -> TriggerLaunch:
    response = ask("start_batch", {"trigger_id": trigger.pk, "data": list(items), **fields})
    assert response.status_code == 200, response.content
    return TriggerLaunch.objects.latest("pk")


def test_a_hook_is_told_of_each_profile_with_the_custom_data(
    manager: Membership, trigger: Trigger, ask: Ask, hook: ActionHook, receiver: Receiver
) -> None:
    zoe, bea = person(manager), person(manager)
    own = {"email": bea.email, "custom_data": {"order": 8}}
    made = launch(ask, trigger, {"email": zoe.email}, own, custom_data={"order": 7, "shop": "é"})
    jobs.hooks_serve()
    told = {one["profile_id"]: one for one in receiver.documents}
    assert told[str(zoe.pk)] == {
        "id": str(HookCall.objects.get(key=zoe.pk).pk),
        "event": "trigger.launched",
        "trigger_id": trigger.pk,
        "launch_id": made.pk,
        "profile_id": str(zoe.pk),
        "custom_data": {"order": 7, "shop": "é"},
    }
    assert told[str(bea.pk)]["custom_data"] == {"order": 8}
    assert set(HookCall.objects.values_list("state", flat=True)) == {"succeeded"}


def test_a_call_is_signed_with_the_hook_s_secret(
    manager: Membership, trigger: Trigger, ask: Ask, hook: ActionHook, receiver: Receiver
) -> None:
    launch(ask, trigger, {"email": person(manager).email})
    jobs.hooks_serve()
    ((headers, body),) = receiver.requests
    signed = headers["Batchadmin-Timestamp"].encode() + b"." + body
    expected = hmac.new(hook.secret.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["Batchadmin-Signature"] == f"v1={expected}"
    assert headers["Content-Type"] == "application/json"


def test_only_profiles_that_are_launched_are_told_of(
    manager: Membership, trigger: Trigger, ask: Ask, hook: ActionHook, receiver: Receiver
) -> None:
    out = person(manager)
    OptOut.objects.create(influencer=out, channel_type=ChannelType.EMAIL)
    launch(ask, trigger, {"email": out.email}, {"email": "who@example.com"})
    jobs.hooks_serve()
    assert (receiver.requests, HookCall.objects.count()) == ([], 0)


@pytest.mark.parametrize("status", [500, 503, 408, 429])
def test_a_fault_of_the_other_side_is_tried_again_later(
    manager: Membership, trigger: Trigger, ask: Ask, hook: ActionHook, receiver: Receiver, status: int
) -> None:
    receiver.answers = [(status, {})]
    launch(ask, trigger, {"email": person(manager).email})
    before = timezone.now()
    jobs.hooks_serve()
    after = timezone.now()
    call = HookCall.objects.get()
    assert (call.state, [one["status"] for one in call.attempts]) == ("waiting", [status])
    assert before + timedelta(seconds=3) < call.due_at < after + timedelta(seconds=6)
    HookCall.objects.update(due_at=timezone.now() + timedelta(hours=1))  # a busy machine takes five seconds
    jobs.hooks_serve()
    assert len(receiver.requests) == 1
    HookCall.objects.update(due_at=timezone.now())
    jobs.hooks_serve()
    call.refresh_from_db()
    assert (call.state, [one["status"] for one in call.attempts]) == ("succeeded", [status, 200])
    assert receiver.requests[0][1] == receiver.requests[1][1]


@pytest.mark.parametrize("status", [400, 404, 410])
def test_a_refusal_is_not_tried_again(
    manager: Membership, trigger: Trigger, ask: Ask, hook: ActionHook, receiver: Receiver, status: int
) -> None:
    receiver.answers = [(status, {})]
    launch(ask, trigger, {"email": person(manager).email})
    jobs.hooks_serve()
    call = HookCall.objects.get()
    assert (call.state, call.attempts[0]["status"], call.attempts[0]["words"]) == ("gave_up", status, "noted")


def test_the_waits_grow_and_end_after_three_days(
    manager: Membership, trigger: Trigger, ask: Ask, hook: ActionHook, receiver: Receiver
) -> None:
    made = launch(ask, trigger, {"email": person(manager).email})
    waits = []
    for _attempt in range(3):
        receiver.answers = [(500, {})]
        HookCall.objects.update(due_at=timezone.now())
        jobs.hooks_serve()
        call = HookCall.objects.get()
        waits.append(call.due_at - datetime.fromisoformat(call.attempts[-1]["at"]))
    assert waits == sorted(waits)
    TriggerLaunch.objects.filter(pk=made.pk).update(created_at=timezone.now() - timedelta(days=4))
    receiver.answers = [(500, {})]
    HookCall.objects.update(due_at=timezone.now())
    jobs.hooks_serve()
    call = HookCall.objects.get()
    assert (call.state, len(call.attempts)) == ("gave_up", 4)


def test_a_receiver_that_is_down_is_tried_again(
    manager: Membership, trigger: Trigger, ask: Ask, hook: ActionHook, receiver: Receiver
) -> None:
    receiver.server.shutdown()
    receiver.server.server_close()
    launch(ask, trigger, {"email": person(manager).email})
    jobs.hooks_serve()
    call = HookCall.objects.get()
    assert (call.state, call.attempts[0]["status"]) == ("waiting", None)
    assert "refused" in call.attempts[0]["words"]


# --- Where hooks never go -----------------------------------------------------------------------------------------------

INSIDE = [
    "http://127.0.0.1/",
    "http://localhost:8000/",
    "http://10.0.0.1/",
    "http://192.168.1.1/",
    "http://172.16.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[::1]/",
    "http://[fe80::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://0.0.0.0/",
    "http://2130706433/",
    "ftp://example.com/",
    "https://user:secret@example.com/",
    "not an address",
]


@pytest.mark.parametrize("url", INSIDE)
def test_a_hook_into_our_own_network_can_t_be_added(manager: Membership, trigger: Trigger, url: str) -> None:
    with pytest.raises(ValidationError):
        hook_add(trigger=trigger, by=manager.user, url=url)
    assert not ActionHook.objects.exists()


@pytest.mark.parametrize("url", INSIDE)
def test_a_hook_into_our_own_network_is_never_called(
    manager: Membership, trigger: Trigger, ask: Ask, url: str
) -> None:
    ActionHook.objects.create(trigger=trigger, url=url, secret="s")
    launch(ask, trigger, {"email": person(manager).email})
    jobs.hooks_serve()
    call = HookCall.objects.get()
    assert (call.state, call.attempts[0]["status"]) == ("gave_up", None)


def test_a_redirect_is_not_followed(
    manager: Membership, trigger: Trigger, ask: Ask, hook: ActionHook, receiver: Receiver
) -> None:
    elsewhere = Receiver()
    receiver.answers = [(307, {"Location": elsewhere.url})]
    launch(ask, trigger, {"email": person(manager).email})
    jobs.hooks_serve()
    elsewhere.server.shutdown()
    elsewhere.server.server_close()
    call = HookCall.objects.get()
    assert (elsewhere.requests, call.state) == ([], "gave_up")
    assert "not followed" in call.attempts[0]["words"]


def test_a_name_that_leads_inside_by_now_is_not_called(
    manager: Membership,
    trigger: Trigger,
    ask: Ask,
    receiver: Receiver,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = receiver.server.server_port
    settings.OUTGOING_ALLOWED_HOSTS = []
    answers = {"hook.example": "93.184.215.14"}

    def look_up(host: str, asked_port: int, **_options: Any) -> list[Any]:
        return [(2, 1, 6, "", (answers[host], asked_port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    hook_add(trigger=trigger, by=manager.user, url=f"http://hook.example:{port}/")
    answers["hook.example"] = "127.0.0.1"
    launch(ask, trigger, {"email": person(manager).email})
    calling.hook_calls_serve()
    assert (receiver.requests, HookCall.objects.get().state) == ([], "gave_up")


# --- Adding, removing, workers ------------------------------------------------------------------------------------------


def test_a_removed_hook_is_called_no_more_and_its_log_stays(
    manager: Membership, trigger: Trigger, ask: Ask, hook: ActionHook, receiver: Receiver
) -> None:
    launch(ask, trigger, {"email": person(manager).email})
    hook_remove(hook=hook, by=manager.user)
    jobs.hooks_serve()
    launch(ask, trigger, {"email": person(manager).email})
    assert receiver.requests == []
    assert list(HookCall.objects.values_list("state", flat=True)) == ["gave_up"]


def test_a_trigger_has_each_hook_once_and_five_at_most(
    manager: Membership, trigger: Trigger, receiver: Receiver
) -> None:
    for number in range(5):
        hook_add(trigger=trigger, by=manager.user, url=f"{receiver.url}/{number}")
    with pytest.raises(ValidationError, match="already"):
        hook_add(trigger=trigger, by=manager.user, url=f"{receiver.url}/1")
    with pytest.raises(ValidationError, match="at most 5"):
        hook_add(trigger=trigger, by=manager.user, url=f"{receiver.url}/6")


def test_a_call_that_one_worker_has_in_hand_is_not_another_s(
    manager: Membership, trigger: Trigger, ask: Ask, hook: ActionHook
) -> None:
    launch(ask, trigger, {"email": person(manager).email})
    assert len(calling.calls_claim()) == 1
    assert calling.calls_claim() == []
    HookCall.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    assert len(calling.calls_claim()) == 1


@pytest.mark.workers
def test_real_workers_call_hooks(
    worker_pool: Callable[..., WorkerPool],
    manager: Membership,
    trigger: Trigger,
    ask: Ask,
    hook: ActionHook,
    receiver: Receiver,
) -> None:
    worker_pool(count=1, env={"OUTGOING_ALLOWED_HOSTS": f"127.0.0.1:{receiver.server.server_port}"})
    launch(ask, trigger, *[{"email": person(manager).email} for _one in range(20)])
    wait_until(
        lambda: HookCall.objects.filter(state="succeeded").count() == 20,
        seconds=120,
        what=lambda: f"20 calls, not {len(receiver.requests)}",
    )
    assert len({one["profile_id"] for one in receiver.documents}) == 20
