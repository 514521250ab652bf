"""What takes long about an import is a worker's: it can be watched, stopped, begun anew, and is never done twice."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from batchadmin.accounts.models import Membership
from batches.models import WorkerLease
from campaigns.importing.progress import import_progress
from campaigns.jobs import imports_due, imports_serve
from campaigns.models import Import, Influencer
from campaigns.services import (
    ImportProblem,
    import_carry_on,
    import_check_cancel,
    import_check_request,
    import_restart,
    import_start_request,
    import_stop,
)
from campaigns.states import ImportState
from tests.batches.factories import worker_living
from tests.campaigns.test_imports import fates, uploaded
from tests.factories import MembershipFactory
from tests.fixtures.processes import wait_until

Work = Callable[[], None]


def many(rows: int) -> str:
    return "Email\n" + "".join(f"a{number}@x.de\n" for number in range(rows))


def lease() -> uuid.UUID:
    """A worker that lives."""
    return worker_living().pk


def serve(imported: Import, pieces: int | None = None, then: Callable[[], Any] | None = None) -> None:
    """Carry on with an import as a worker that, after so many pieces, does something and is told to end."""
    done = 0

    def between() -> bool:
        nonlocal done
        done += 1
        if done == pieces and then:
            then()
        return done != pieces

    import_carry_on(import_id=imported.pk, worker=lease(), between=between)
    imported.refresh_from_db()


def to_start(manager: Membership, rows: int) -> Import:
    """An import that has been checked, and waits to be started."""
    imported = uploaded(manager, many(rows))
    import_check_request(imported=imported)
    serve(imported)
    import_start_request(imported=imported, by=manager.user)
    return imported


def totals(imported: Import) -> list[int]:
    return [bulk.batch.total for bulk in imported.bulks.select_related("batch")]


def test_a_check_says_how_far_it_is_and_ends_with_counts(manager: Membership) -> None:
    imported = uploaded(manager, many(5_000))
    import_check_request(imported=imported)
    seen: list[tuple[int, Any]] = []

    def look() -> bool:
        imported.refresh_from_db()
        seen.append((imported.rows_seen, imported.percent_seen))
        return True

    import_carry_on(import_id=imported.pk, worker=lease(), between=look)
    imported.refresh_from_db()
    assert [rows for rows, _percent in seen] == [2_000, 4_000, 5_000]
    assert [percent for _rows, percent in seen] == sorted(percent for _rows, percent in seen)
    assert seen[-1][1] == 100
    assert (imported.state, imported.check_result["created"]) == (ImportState.DRAFT, 5_000)


def test_a_check_that_is_called_off_leaves_no_result(manager: Membership) -> None:
    imported = uploaded(manager, many(5_000))
    import_check_request(imported=imported)
    serve(imported, pieces=1, then=lambda: import_check_cancel(imported=imported))
    assert (imported.state, imported.check_result) == (ImportState.DRAFT, {})


def test_a_check_whose_worker_ends_is_begun_anew_by_another(manager: Membership) -> None:
    imported = uploaded(manager, many(5_000))
    import_check_request(imported=imported)
    serve(imported, pieces=1)
    assert imported.state == ImportState.CHECKING
    serve(imported)
    assert imported.check_result["rows"] == 5_000


def test_an_import_is_in_one_living_worker_s_hands(manager: Membership) -> None:
    imported = uploaded(manager, many(3))
    import_check_request(imported=imported)
    holder = lease()
    Import.objects.filter(pk=imported.pk).update(worker=holder)
    serve(imported)
    assert imported.state == ImportState.CHECKING
    WorkerLease.objects.filter(pk=holder).update(ended_at=timezone.now())
    serve(imported)
    assert imported.state == ImportState.DRAFT


def test_the_late_word_of_a_worker_that_was_given_up_counts_for_nothing(manager: Membership) -> None:
    imported = uploaded(manager, many(5_000))
    import_check_request(imported=imported)
    other = lease()
    serve(imported, pieces=2, then=lambda: Import.objects.filter(pk=imported.pk).update(worker=other))
    assert (imported.worker, imported.check_result) == (other, {})


def test_what_nobody_was_called_to_is_found_by_the_scheduler(
    manager: Membership, redis_db: Any, transactional_db: None
) -> None:
    imported = uploaded(manager, many(3))
    import_check_request(imported=imported)
    redis_db.flushdb()
    assert imports_due() == 1
    assert redis_db.llen("rq:queue:bulk") == 1
    imports_serve()
    assert imports_due() == 0


def test_a_start_that_broke_off_goes_on_after_its_last_bulk(manager: Membership, work: Work) -> None:
    imported = to_start(manager, 3_500)
    serve(imported, pieces=2)
    assert (imported.state, totals(imported)) == (ImportState.STARTING, [1_000, 1_000])
    assert import_progress(imported).counts["total"] == 3_500
    serve(imported)
    assert (imported.state, totals(imported)) == (ImportState.STARTED, [1_000, 1_000, 1_000, 500])
    work()
    assert fates(imported) == (3_500, 0, 0, 0)


def test_an_import_that_was_not_checked_is_not_started(manager: Membership) -> None:
    with pytest.raises(ImportProblem, match="checked"):
        import_start_request(imported=uploaded(manager, many(3)), by=manager.user)


def test_two_starts_are_one(manager: Membership, work: Work) -> None:
    imported = to_start(manager, 3)
    with pytest.raises(ImportProblem, match="started already"):
        import_start_request(imported=imported, by=manager.user)
    serve(imported)
    serve(imported)
    assert totals(imported) == [3]


def test_what_was_stopped_before_it_was_handed_over_is_counted_and_imported_by_a_restart(
    manager: Membership, work: Work
) -> None:
    imported = to_start(manager, 3_500)
    serve(imported, pieces=1)
    work()
    assert import_stop(imported=imported, by=manager.user)
    serve(imported)
    imported.refresh_from_db()
    progress = import_progress(imported)
    assert (progress.status, fates(imported), progress.counts["not_sent"]) == (
        "stopped",
        (1_000, 0, 0, 0),
        2_500,
    )
    import_restart(imported=imported, by=manager.user)
    import_restart(imported=imported, by=manager.user)
    serve(imported)
    work()
    progress = import_progress(imported)
    assert (progress.status, progress.counts["total"]) == ("completed", 3_500)
    assert fates(imported) == (3_500, 0, 0, 0)


def test_stopped_bulks_are_restarted_with_the_rows_that_were_not_processed(
    manager: Membership, work: Work
) -> None:
    imported = to_start(manager, 1_500)
    serve(imported)
    import_stop(imported=imported, by=manager.user)
    assert import_progress(imported).counts["not_sent"] == 1_500
    for _click in range(2):
        import_restart(imported=imported, by=manager.user)
    serve(imported)
    work()
    assert totals(imported) == [1_000, 500, 1_000, 500]
    progress = import_progress(imported)
    assert (progress.status, progress.counts["total"], progress.counts["not_sent"]) == ("completed", 1_500, 0)
    assert Influencer.objects.filter(program=manager.program).count() == 1_500


def test_a_file_that_cant_be_read_on_is_told_on_the_page(manager: Membership, browser: Client) -> None:
    imported = uploaded(manager, many(5_000) + '"never closed\n')
    import_check_request(imported=imported)
    serve(imported)
    address = reverse("import-check", kwargs={"program": manager.program.slug, "pk": imported.pk})
    for page in (address, address.removesuffix("check/")):
        assert "a quotation mark opens there and is never closed" in browser.get(page).content.decode()


def test_the_page_of_a_check_is_told_that_it_moves_and_that_it_ended(
    manager: Membership, browser: Client
) -> None:
    imported = uploaded(manager, many(5_000))
    import_check_request(imported=imported)
    address = reverse("import-check", kwargs={"program": manager.program.slug, "pk": imported.pk})
    headers = {"HX-Request": "true", "HX-Target": "live"}
    first = browser.get(address, headers=headers)
    again = browser.get(address, headers=headers | {"HX-Live-Version": first["HX-Live-Version"]})
    assert again.status_code == 204
    shown: list[str] = []

    def look() -> bool:
        shown.append(browser.get(address, headers=headers).content.decode())
        return True

    import_carry_on(import_id=imported.pk, worker=lease(), between=look)
    assert "2,000 rows so far" in shown[0]
    assert "<progress" in shown[0]
    last = browser.get(address, headers=headers)
    assert last["HX-Live"] == "ended"
    assert "Import 5,000" in last.content.decode()


def kill_holder(pool: Any, imported: Import) -> None:
    """Kill the worker that has the import in hand, if it isn't through with it already."""
    if imported.worker is not None and (holder := WorkerLease.objects.filter(pk=imported.worker).first()):
        pool.kill_worker(holder.pid)


@pytest.mark.workers
def test_killed_workers_and_an_emptied_redis_neither_lose_nor_repeat_a_row_of_a_file(
    worker_pool: Callable[..., Any], redis_db: Any
) -> None:
    manager = MembershipFactory.create()
    imported = uploaded(manager, many(9_500))

    def now() -> Import:
        imported.refresh_from_db()
        return imported

    pool = worker_pool(count=2)
    import_check_request(imported=imported)
    wait_until(lambda: now().rows_seen > 0, seconds=240, what="the check to be on its way")
    kill_holder(pool, now())
    wait_until(lambda: now().check_result, seconds=240, what="the check to end")
    assert imported.check_result["created"] == 9_500
    redis_db.flushdb()
    import_start_request(imported=imported, by=manager.user)
    wait_until(lambda: imported.bulks.exists(), seconds=240, what="the start to be on its way")
    kill_holder(pool, now())
    wait_until(
        lambda: not import_progress(now()).is_live, seconds=240, what=lambda: f"its end: {totals(imported)}"
    )
    assert sum(totals(imported)) == Influencer.objects.filter(program=manager.program).count() == 9_500
    assert fates(imported) == (9_500, 0, 0, 0)
