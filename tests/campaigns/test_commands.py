"""The commands as scripts use them: documents, exit status, words for bad usage."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from batchadmin.accounts.models import Membership
from batchadmin.accounts.states import Role
from batches.models import BatchRequest
from campaigns.models import Campaign, Import, ImportBulk, Influencer, Participant, StageChange
from tests.campaigns.factories import CampaignFactory, InfluencerFactory, crowd
from tests.factories import MembershipFactory

REAL = Path(__file__).parent / "data" / "top_insta_influencers_data.csv"


@pytest.fixture
def owner(transactional_db: None, redis_db: Any) -> Membership:
    """The first owner of a program: who requests what commands do."""
    return MembershipFactory.create(role=Role.OWNER)


@pytest.fixture
def spring(owner: Membership) -> Campaign:
    """A campaign with twelve people at Invited."""
    campaign = CampaignFactory.create(program=owner.program, name="Spring")
    crowd(campaign, 12)
    return campaign


def run(*words: str) -> tuple[int, Any]:
    """The command's exit status and its document."""
    out = StringIO()
    try:
        call_command(*words, "--json", stdout=out)
    except SystemExit as ended:
        return int(str(ended.code or 0)), json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


def refused(*words: str) -> str:
    """The words with which a command refuses, with exit status 2."""
    with pytest.raises(CommandError) as refusal:
        call_command(*words, stdout=StringIO())
    assert refusal.value.returncode == 2
    return str(refusal.value)


def of(owner: Membership) -> list[str]:
    return ["--program", owner.program.slug]


def move(owner: Membership, **names: str) -> list[str]:
    chosen = {"campaign": "Spring", "from": "Invited", "to": "Accepted"} | names
    return [
        "move_stage",
        *of(owner),
        *(word for name, value in chosen.items() for word in (f"--{name}", value)),
    ]


def test_everybody_at_a_stage_is_moved_and_the_document_says_so(owner: Membership, spring: Campaign) -> None:
    status, document = run(*move(owner), "--wait")
    assert status == 0
    assert (document["type"], document["status"]) == ("BatchWorkflowStatus", "completed")
    assert document["counts"]["succeeded"] == document["counts"]["total"] == 12
    assert Participant.objects.filter(stage__name="Accepted").count() == 12
    assert StageChange.objects.filter(by_user=owner.user).count() == 12


def test_without_wait_the_batch_is_queued_and_nobody_is_promised_anything(
    owner: Membership, spring: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    status, document = run(*move(owner))
    assert (status, document["status"]) == (0, "queued")
    assert "No worker is running" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ({"campaign": "Autumn"}, "has no campaign “Autumn”. It has: Spring"),
        ({"from": "Nowhere"}, "has no stage “Nowhere”. It has: Invited, Accepted, Paid"),
        ({"to": "Invited"}, "are at “Invited” already"),
        ({"from": "Paid"}, "Nobody is selected"),
        ({"by": "nobody@example.com"}, "is no manager or owner"),
    ],
)
def test_what_cant_be_moved_is_refused_in_words(
    owner: Membership, spring: Campaign, names: dict[str, str], words: str
) -> None:
    assert words in refused(*move(owner, **names))
    assert not BatchRequest.objects.exists()


def test_an_unknown_program_is_refused(owner: Membership) -> None:
    assert "no program called nowhere" in refused("import_influencers", str(REAL), "--program", "nowhere")


def test_the_real_file_is_imported_and_the_second_time_the_same(owner: Membership) -> None:
    status, document = run("import_influencers", str(REAL), *of(owner), "--wait")
    assert (status, document["status"], document["counts"]["succeeded"]) == (0, "completed", 200)
    assert [bulk["status"] for bulk in document["bulks"]] == ["finished"]
    status, document = run("import_influencers", str(REAL), *of(owner), "--wait")
    assert (status, document["members"]) == (0, {"created": 0, "updated": 0, "unchanged": 200, "rejected": 0})


def test_a_dry_run_says_what_would_happen_and_leaves_nothing(owner: Membership) -> None:
    status, document = run("import_influencers", str(REAL), *of(owner), "--dry-run")
    assert (status, document["created"], document["rows"]) == (0, 200, 200)
    assert not Import.objects.exists()
    assert not Influencer.objects.exists()


def test_a_rejected_row_makes_the_exit_status_1(owner: Membership, tmp_path: Path) -> None:
    file = tmp_path / "may.csv"
    file.write_text("Email\nzoe@x.de\nno\n")
    status, document = run("import_influencers", str(file), *of(owner), "--wait")
    assert (status, document["counts"]["failed"], document["members"]["rejected"]) == (1, 1, 1)


def test_columns_are_mapped_and_an_identifier_chosen(owner: Membership, tmp_path: Path) -> None:
    zoe = InfluencerFactory.create(program=owner.program, external_id="7", email="old@x.de")
    file = tmp_path / "may.csv"
    file.write_text("Nr;Post\n7;new@x.de\n")
    words = ["--map", "Nr=id", "post=email", "--operation", "update", "--identifier", "id", "--wait"]
    status, _document = run("import_influencers", str(file), *of(owner), *words)
    zoe.refresh_from_db()
    assert (status, zoe.email) == (0, "new@x.de")


@pytest.mark.parametrize(
    ("content", "options", "words"),
    [
        (b"\x89PNG\r\n", [], "a PNG picture"),
        (b"Email\nzoe@x.de\n", ["--map", "Nosuch=email"], "no column “Nosuch”"),
        (b"Email\nzoe@x.de\n", ["--map", "Email=nosuch"], "“nosuch” isn't a field"),
        (b"Email\nzoe@x.de\n", ["--map", "Email"], "--map wants COLUMN=FIELD"),
        (b"Email\nzoe@x.de\n", ["--identifier", "msisdn"], "No column is the Phone number"),
        (b"Size\nM\n", [], "who is who"),
    ],
)
def test_a_file_or_mapping_that_cant_be_used_is_refused_and_nothing_kept(
    owner: Membership, tmp_path: Path, content: bytes, options: list[str], words: str
) -> None:
    file = tmp_path / "may.csv"
    file.write_bytes(content)
    assert words in refused("import_influencers", str(file), *of(owner), *options)
    assert not Import.objects.exists()


def test_a_file_that_isnt_there_is_refused(owner: Membership) -> None:
    assert "No such file" in refused("import_influencers", "/nowhere/may.csv", *of(owner))


def test_payloads_are_purged_by_command(owner: Membership) -> None:
    run("import_influencers", str(REAL), *of(owner), "--wait")
    assert run("purge_payloads") == (0, {"bulks": 0, "imports": 0})
    yesterday = timezone.now() - timedelta(hours=25)
    Import.objects.update(created_at=yesterday)
    ImportBulk.objects.update(created_at=yesterday)
    assert run("purge_payloads") == (0, {"bulks": 1, "imports": 1})
