"""The items of a batch as a file: exactly what is filtered, of any length, and no formulas."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from batchadmin.accounts.models import Membership
from batches.models import BatchItem, BatchRequest
from tests.batches.factories import make_membership_batch
from tests.factories import MembershipFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kinds", "redis_db")]

Make = Callable[..., BatchRequest]


@pytest.fixture
def member(client: Client) -> Membership:
    """A manager who is logged in."""
    membership = MembershipFactory.create()
    client.force_login(membership.user)
    return membership


@pytest.fixture
def make(member: Membership) -> Make:
    return lambda **more: make_membership_batch(member, **more)


def address(batch: BatchRequest, name: str = "batch-export") -> str:
    return reverse(name, args=[batch.program.slug, batch.pk])


def content_of(response: Any) -> bytes:
    """The whole file, which comes in pieces."""
    return b"".join(response.streaming_content)


def test_the_csv_holds_what_is_filtered_and_nothing_else(client: Client, make: Make) -> None:
    batch = make(succeeded=2, failed=2)
    response = client.get(address(batch, "batch-export"), {"format": "csv", "status": "failed"})
    lines = content_of(response).decode("utf-8-sig").splitlines()
    assert lines[0] == "Number,Name,Status,Reason,In words,Next step,Detail,Attempts"
    assert [line.split(",")[:4] for line in lines[1:]] == [
        ["3", "Person 3", "Failed", "broken"],
        ["4", "Person 4", "Failed", "broken"],
    ]


def test_the_export_goes_on_past_one_lot(client: Client, make: Make) -> None:
    response = client.get(address(make(succeeded=4_001), "batch-export"))
    lines = content_of(response).decode().splitlines()
    assert [int(line.split(",")[0]) for line in lines[1:]] == list(range(1, 4_002))


def test_what_looks_like_a_formula_is_text_in_the_file(client: Client, make: Make) -> None:
    batch = make(failed=1)
    BatchItem.objects.filter(batch=batch).update(detail='=HYPERLINK("http://evil.example")')
    response = client.get(address(batch, "batch-export"))
    assert "'=HYPERLINK" in content_of(response).decode()


def test_the_xlsx_opens_and_holds_the_same(client: Client, make: Make) -> None:
    response = client.get(address(make(succeeded=2, failed=1), "batch-export"), {"format": "xlsx"})
    sheet = load_workbook(BytesIO(content_of(response))).active
    assert sheet is not None
    assert [row[1].value for row in sheet.iter_rows()] == ["Name", "Person 1", "Person 2", "Person 3"]


@pytest.mark.parametrize(
    ("query", "words"),
    [({"format": "pdf"}, "csv or as xlsx"), ({"status": "sideways"}, "no such status")],
)
def test_an_export_of_nothing_sensible_is_refused_with_a_sentence(
    client: Client, make: Make, query: dict[str, str], words: str
) -> None:
    response = client.get(address(make(), "batch-export"), query)
    assert response.status_code == 400
    assert words in response.content.decode()
