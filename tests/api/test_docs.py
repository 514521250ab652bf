"""The examples in docs/api, run as they stand there against a server that listens."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from batchadmin.accounts.models import Membership
from batchadmin.accounts.states import Role
from batchadmin.lib.signing import signed_headers
from campaigns.models import Campaign, Stage
from tests.api.conftest import caller_of
from tests.campaigns.factories import InfluencerFactory, ParticipantFactory
from tests.factories import MembershipFactory
from tests.messaging.factories import ChannelFactory, TemplateFactory, request_broadcast
from tests.services import ROOT

DOCS = ROOT / "docs" / "api"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = sorted(page.name for page in DOCS.glob("*.md") if page.name not in ("webhooks.md", "triggers.md"))


@pytest.fixture
def told_of(transactional_db: None, redis_db: Any) -> Membership:
    """The program that the examples are about, with the ids that they name."""
    member: Membership = MembershipFactory.create(role=Role.OWNER, user__email="ana@example.com")
    campaign = Campaign.objects.create(pk=3, program=member.program, name="Spring")
    stages = [
        Stage.objects.create(pk=31, campaign=campaign, name="Invited", phase="candidates", position=1),
        Stage.objects.create(pk=32, campaign=campaign, name="Accepted", phase="participants", position=2),
    ]
    for pk, name in ((11, "zoe"), (12, "ann"), (13, "mia")):
        one = InfluencerFactory.create(
            pk=pk, program=member.program, email=f"{name}@example.com", first_name=name.title(), tags=["vip"]
        )
        ParticipantFactory.create(campaign=campaign, influencer=one, stage=stages[0])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval('campaigns_influencer_id_seq', 13), setval('batches_batchrequest_id_seq', 500)"
        )
    channel = ChannelFactory.create(program=member.program, name="Letters")
    TemplateFactory.create(program=member.program, name="Invitation")
    request_broadcast(member, channel)
    return member


def examples(page: str) -> list[tuple[str, Any]]:
    """Each command of a page, with the answer that stands below it (None where another command does)."""
    blocks = [found.groups() for found in BLOCK.finditer((DOCS / page).read_text(encoding="utf-8"))]
    following = [*blocks[1:], ("", "")]
    return [
        (command, json.loads(answer) if kind == "json" else None)
        for (language, command), (kind, answer) in zip(blocks, following, strict=True)
        if language == "sh"
    ]


@pytest.mark.skipif(shutil.which("curl") is None, reason="the examples are written with curl")
@pytest.mark.parametrize("page", PAGES)
def test_the_examples_of_a_page_work_as_written(page: str, told_of: Membership, live_server: Any) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "BATCHADMIN": live_server.url,
        "TOKEN": caller_of(told_of).token,
    }
    assert examples(page)
    for command, answer in examples(page):
        done = subprocess.run(
            ["bash", "-euc", command],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        told = json.loads(done.stdout)
        if answer is not None:
            assert set(told) == set(answer), command
            assert told.get("status") == answer.get("status"), command
            assert told.get("counts") == answer.get("counts"), command
            assert told.get("id") == answer.get("id"), command


def test_every_endpoint_has_an_example() -> None:
    commands = " ".join(command for page in PAGES for command, _answer in examples(page))
    for path in (
        "/broadcasts", "/workflow-updates", "/batch-requests?", "/batch-requests/501\"", "/items", "/stop", "/restart",
        "/influencers?", "/influencers/11\"", "--request PATCH", "/influencers\"", "/campaigns\"", "/stages",
        "/participants?", "/participants/11\"", "/campaigns/3/dates\"", "/imports\"",
        "/imports/spring-2026\"", "/bulks/502", "/by_request_number/1",
    ):  # fmt: skip
        assert path in commands


def test_the_check_of_signatures_knows_ours(tmp_path: Path) -> None:
    (code,) = [
        code for language, code in BLOCK.findall((DOCS / "webhooks.md").read_text()) if language == "python"
    ]
    names: dict[str, Any] = {}
    exec(code, names)
    body, now = b'{"event": "ping"}', int(time.time())
    is_genuine = names["is_genuine"]
    assert is_genuine("whsec_x", signed_headers("whsec_x", body, at=now), body)
    assert not is_genuine("whsec_y", signed_headers("whsec_x", body, at=now), body)
    assert not is_genuine("whsec_x", signed_headers("whsec_x", body, at=now), body + b" ")
    assert not is_genuine("whsec_x", signed_headers("whsec_x", body, at=now - 301), body)
