"""The commands that support and scripts rely on: one JSON document, and an exit status that tells."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from batchadmin.accounts.models import Membership, User
from batchadmin.accounts.states import Role
from batches.models import BatchRequest
from campaigns.models import Campaign, Influencer
from messaging.demo.program import demo_make
from messaging.models import Broadcast, Channel, Chat
from tests.campaigns.factories import CampaignFactory, crowd
from tests.factories import MembershipFactory
from tests.fixtures.smtp import SmtpServer
from tests.messaging.factories import ChannelFactory, TemplateFactory, people

pytestmark = pytest.mark.usefixtures("redis_db")


@pytest.fixture
def owner(transactional_db: None) -> Membership:
    found: Membership = MembershipFactory.create(role=Role.OWNER, program__slug="glow")
    return found


def run(*words: str) -> tuple[Any, int]:
    """The JSON document that a command printed, and its exit status."""
    printed = io.StringIO()
    status = 0
    try:
        call_command(*words, "--json", stdout=printed, stderr=io.StringIO())
    except SystemExit as ended:
        status = int(ended.code or 0)
    return json.loads(printed.getvalue()), status


def refused(*words: str) -> str:
    """What a command said that ended with the status of bad usage."""
    with pytest.raises(CommandError) as error:
        call_command(*words, stdout=io.StringIO(), stderr=io.StringIO())
    assert error.value.returncode == 2
    return str(error.value)


def test_a_channel_is_added_listed_and_checked(owner: Membership, smtp_server: SmtpServer) -> None:
    pairs = [
        f"host={smtp_server.host}",
        f"port={smtp_server.port}",
        "security=none",
        "rate=80",
        "connections=3",
        "connections_in_all=20",
    ]
    sets = [word for pair in pairs for word in ("--set", pair)]
    made, status = run("channel", "add", "--program", "glow", "--name", "Office", "--type", "smtp", *sets)
    assert (status, made["rate"], made["connections"], made["connections_in_all"]) == (0, 80, 3, 20)
    assert made["settings"]["port"] == smtp_server.port
    listed, _status = run("channel", "list", "--program", "glow")
    assert [channel["name"] for channel in listed] == ["Office"]
    checked, status = run("channel", "check", "--program", "glow", "--name", "Office")
    assert (checked["works"], status, smtp_server.connections) == (True, 0, 1)


def test_a_check_that_fails_says_why_and_ends_with_1(owner: Membership) -> None:
    ChannelFactory.create(
        program=owner.program,
        name="Office",
        type="smtp",
        settings={"host": "127.0.0.1", "port": 1, "security": "none"},
    )
    checked, status = run("channel", "check", "--program", "glow", "--name", "Office")
    assert (checked["works"], status) == (False, 1)
    assert "could not be made" in checked["detail"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["channel", "add", "--program", "nowhere", "--name", "A", "--type", "smtp"], "no program"),
        (["channel", "add", "--program", "glow", "--type", "smtp"], "--name"),
        (["channel", "add", "--program", "glow", "--name", "A", "--type", "pigeon"], "no type"),
        (
            ["channel", "add", "--program", "glow", "--name", "A", "--type", "smtp", "--set", "host"],
            "KEY=VALUE",
        ),
        (
            ["channel", "add", "--program", "glow", "--name", "A", "--type", "smtp", "--set", "colour=red"],
            "colour",
        ),
        (
            ["channel", "add", "--program", "glow", "--name", "A", "--type", "smtp", "--set", "rate=fast"],
            "rate",
        ),
        (
            [
                "channel",
                "add",
                "--program",
                "glow",
                "--name",
                "A",
                "--type",
                "smtp",
                "--set",
                "connections=inf",
            ],
            "connections is a number",
        ),
        (
            ["channel", "add", "--program", "glow", "--name", "A", "--type", "smtp", "--set", "rate=nan"],
            "rate is a number",
        ),
        (["channel", "add", "--program", "glow", "--name", "A", "--type", "smtp"], "host"),
        (["channel", "check", "--program", "glow", "--name", "B"], "no channel"),
        (["broadcast", "--program", "glow", "--channel", "Sandbox", "--all"], "what to send"),
        (["broadcast", "--program", "glow", "--channel", "Sandbox", "--body", "Hi"], "to whom"),
        (["broadcast", "--program", "glow", "--channel", "Nope", "--body", "Hi", "--all"], "no channel"),
        (
            ["broadcast", "--program", "glow", "--channel", "Sandbox", "--template", "X", "--all"],
            "no template",
        ),
        (
            ["broadcast", "--program", "glow", "--channel", "Sandbox", "--body", "Hi", "--campaign", "X"],
            "no campaign",
        ),
        (
            ["broadcast", "--program", "glow", "--channel", "Sandbox", "--body", "Hi", "--stage", "X"],
            "--campaign",
        ),
        (["broadcast", "--program", "glow", "--channel", "Sandbox", "--body", "{{ x", "--all"], "Line 1"),
        (["broadcast", "--program", "glow", "--channel", "Sandbox", "--body", "Hi", "--all"], "Nobody"),
        (
            [
                "broadcast",
                "--program",
                "glow",
                "--channel",
                "Sandbox",
                "--body",
                "Hi",
                "--all",
                "--by",
                "x@y",
            ],
            "no manager or owner",
        ),
    ],
)
def test_bad_usage_is_said_in_words_ends_with_2_and_does_nothing(
    owner: Membership, words: list[str], said: str
) -> None:
    ChannelFactory.create(program=owner.program, name="Sandbox")
    assert said in refused(*words)
    assert (Channel.objects.count(), Broadcast.objects.count()) == (1, 0)


def test_a_broadcast_that_is_waited_for_is_sent_in_this_process(owner: Membership) -> None:
    ChannelFactory.create(program=owner.program, name="Sandbox")
    people(owner, 5)
    people(owner, 1, email=None)
    words = [
        "broadcast",
        "--program",
        "glow",
        "--channel",
        "Sandbox",
        "--subject",
        "Hi",
        "--body",
        "Yo",
        "--all",
    ]
    told, status = run(*words, "--wait")
    assert (status, told["status"], told["type"]) == (0, "completed", "BatchConversations")
    assert told["counts"] == {
        "total": 6, "succeeded": 5, "failed": 0, "skipped": 1, "not_sent": 0, "unknown": 0, "pending": 0, "in_flight": 0,
    }  # fmt: skip
    assert BatchRequest.objects.get(pk=told["id"]).requester == owner.user


def test_a_broadcast_in_which_somebody_failed_ends_with_1(owner: Membership) -> None:
    ChannelFactory.create(program=owner.program, name="Sandbox", settings={"refused": 100.0, "latency": 0.0})
    people(owner, 2)
    words = ["broadcast", "--program", "glow", "--channel", "Sandbox", "--body", "Yo", "--all", "--wait"]
    told, status = run(*words)
    assert (status, told["status"], told["counts"]["failed"]) == (1, "failed", 2)


def test_a_template_goes_to_a_stage_and_whoever_was_named_requested_it(owner: Membership) -> None:
    ChannelFactory.create(program=owner.program, name="Sandbox")
    manager = MembershipFactory.create(program=owner.program)
    campaign = CampaignFactory.create(program=owner.program, name="Spring")
    crowd(campaign, 4)
    crowd(campaign, 2, stage=campaign.stages.get(position=2))
    TemplateFactory.create(program=owner.program, name="Invitation", body="{{ stage.name }}")
    told, status = run(
        "broadcast", "--program", "glow", "--channel", "Sandbox", "--template", "Invitation",
        "--campaign", "Spring", "--stage", "Accepted", "--by", manager.user.email,
    )  # fmt: skip
    assert (status, told["counts"]["total"], told["requester"]) == (0, 2, manager.user.email)
    assert told["status"] == "queued"


def test_demo_makes_a_living_program_and_a_second_run_adds_nothing(
    transactional_db: None, tmp_path: Any, settings: Any
) -> None:
    settings.DATA_DIR = tmp_path
    told, status = run("demo", "--influencers", "1500")
    assert (status, told["made"], told["influencers"]) == (0, True, 1500)
    assert {login["role"] for login in told["logins"]} == {"owner", "manager", "viewer"}
    assert User.objects.get(email="owner@example.com").is_superuser
    assert all(User.objects.get(email=one["email"]).check_password(one["password"]) for one in told["logins"])
    spring = next(campaign for campaign in told["campaigns"] if campaign["name"] == "Spring gifting")
    assert sum(stage["count"] for stage in spring["stages"]) == 1200
    assert {broadcast["status"] for broadcast in told["broadcasts"]} >= {"stopped"}
    assert Chat.objects.unread().count() > 1
    assert not Influencer.objects.exclude(email=None).exclude(email__endswith="example.com").exists()
    counts = (
        Influencer.objects.count(),
        Campaign.objects.count(),
        Broadcast.objects.count(),
        User.objects.count(),
    )
    again, _status = run("demo", "--influencers", "1500")
    assert (again["made"], again["logins"]) == (False, told["logins"])
    assert counts == (
        Influencer.objects.count(), Campaign.objects.count(), Broadcast.objects.count(), User.objects.count(),
    )  # fmt: skip


def test_beside_another_program_the_demo_makes_no_staff(
    owner: Membership, tmp_path: Any, settings: Any
) -> None:
    settings.DATA_DIR = tmp_path
    demo_make(slug="demo", influencers=5)
    assert not User.objects.filter(is_staff=True).exists()
