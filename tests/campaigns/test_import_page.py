"""The page of an import with many bulks and many rejected rows: bounded, however large the file was."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from batchadmin.accounts.models import Membership
from batches.models import BatchRequest
from campaigns.bulk import InfluencerImport
from campaigns.models import Import, ImportBulk
from campaigns.states import BulkStatus

LIVE = {"HX-Request": "true", "HX-Target": "live"}
LIST = {"HX-Request": "true", "HX-Target": "list"}
BULKS = 60
REJECTED = 3  # in each bulk


def imported_of(manager: Membership, *, status: str = "completed") -> Import:
    """An import of many bulks, in each of which some rows were rejected."""
    imported = Import.objects.create(
        program=manager.program,
        requester=manager.user,
        import_id="may",
        file_name="may.csv",
        state="started",
        started_at=timezone.now(),
    )
    batches = BatchRequest.objects.bulk_create(
        BatchRequest(
            program=manager.program,
            requester=manager.user,
            kind=InfluencerImport.code,
            type=InfluencerImport.type,
            name=f"may.csv, bulk {number}",
            listed=False,
            status=status,
        )
        for number in range(1, BULKS + 1)
    )
    # The last ones are written first: the file's order is that of their numbers.
    ImportBulk.objects.bulk_create(
        ImportBulk(
            batch=batch,
            parent=imported,
            number=number,
            operation="create",
            members_rejected=REJECTED,
            errors=[error(number * 1_000 + row) for row in range(REJECTED)],
        )
        for number, batch in reversed(list(enumerate(batches, start=1)))
    )
    return imported


def error(line: int) -> dict[str, Any]:
    return {"line": line, "column": "Email", "value": f"v{line}", "code": "invalid_email", "reason": "No."}


def address(imported: Import) -> str:
    return reverse("import", kwargs={"program": imported.program.slug, "pk": imported.pk})


def numbers(answer: Any) -> list[int]:
    """Which bulks are shown."""
    return [row.record.number for row in answer.context["table"].paginated_rows]


def test_its_bulks_come_in_pages_with_a_few_queries(
    manager: Membership, browser: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    page = address(imported_of(manager))
    browser.get(page)
    with django_assert_max_num_queries(8):
        first = browser.get(page)
    assert numbers(first) == list(range(1, 51))
    second = browser.get(page, {"page": "2"}, headers=LIST)
    assert numbers(second) == list(range(51, 61))


def test_of_what_was_rejected_the_first_lines_of_the_file_are_shown(
    manager: Membership, browser: Client
) -> None:
    shown = browser.get(address(imported_of(manager)))
    lines = [one["line"] for one in shown.context["errors"]]
    assert len(lines) == 25
    assert lines == sorted(lines)
    assert (lines[0], lines[-1]) == (1_000, 9_000)
    assert "180 rejected rows" in shown.content.decode()


def test_while_it_runs_the_page_of_bulks_that_is_open_stays_open(
    manager: Membership, browser: Client
) -> None:
    imported = imported_of(manager, status="processing")
    opened = browser.get(address(imported), {"page": "2"}, headers=LIST).content.decode()
    assert f'data-live-url="{address(imported)}?page=2"' in opened
    first = browser.get(f"{address(imported)}?page=2", headers=LIVE)
    assert numbers(first) == list(range(51, 61))
    version = {"HX-Live-Version": first["HX-Live-Version"]}
    assert browser.get(f"{address(imported)}?page=2", headers=LIVE | version).status_code == 204
    last = imported.bulks.order_by("-number")[0]
    BatchRequest.objects.filter(pk=last.pk).update(status="waiting_for_retry", retries=1)
    changed = browser.get(f"{address(imported)}?page=2", headers=LIVE | version)
    assert str(BulkStatus.WAITING_FOR_RETRY.label) in changed.content.decode()
