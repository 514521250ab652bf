"""Imports from the upload to the purge, by the engine."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from batchadmin.accounts.models import Membership
from batches.ledger import hold
from batches.models import BatchItem
from batches.states import BatchStatus
from campaigns.bulk import InfluencerImport
from campaigns.importing.progress import bulk_status, import_document, import_progress
from campaigns.importing.rejected import rejected_header, rejected_rows
from campaigns.models import Import, ImportBulk, Influencer
from campaigns.services import (
    ImportProblem,
    import_check,
    import_prepare,
    import_start,
    import_stop,
    import_upload,
    opt_out_set,
    payloads_purge,
)
from campaigns.states import BulkStatus, ImportState
from tests.campaigns.factories import InfluencerFactory

Work = Callable[[], None]
DATA = Path(__file__).parent / "data"
REAL = DATA / "top_insta_influencers_data.csv"
MESSY = DATA / "messy.csv"


def uploaded(manager: Membership, content: bytes | str | Path, **prepare: Any) -> Import:
    name = content.name if isinstance(content, Path) else "may.csv"
    raw = content.read_bytes() if isinstance(content, Path) else content
    raw = raw if isinstance(raw, bytes) else raw.encode()
    imported = import_upload(program=manager.program, by=manager.user, file=io.BytesIO(raw), name=name)
    import_prepare(imported=imported, **prepare)
    return imported


def run(manager: Membership, work: Work, content: bytes | str | Path, **prepare: Any) -> Import:
    imported = uploaded(manager, content, **prepare)
    import_start(imported=imported, by=manager.user)
    work()
    return imported


def fates(imported: Import) -> tuple[int, ...]:
    return tuple(import_progress(imported).members.values())


def checked(imported: Import) -> tuple[Any, ...]:
    result: dict[str, Any] = import_check(imported=imported)
    return tuple(result[name] for name in ("created", "updated", "unchanged", "rejected"))


def errors(imported: Import) -> list[tuple[Any, ...]]:
    found = [error for bulk in imported.bulks.all() for error in bulk.errors]
    return [(error["line"], error["column"], error["value"], error["code"]) for error in found]


def test_the_real_file_imports_wholly_and_the_second_time_it_is_the_same(
    manager: Membership, work: Work
) -> None:
    first = run(manager, work, REAL)
    assert fates(first) == (200, 0, 0, 0)
    people = Influencer.objects.filter(program=manager.program)
    assert people.count() == 200
    assert not people.exclude(email=None, msisdn=None).exists()
    messi = people.get(handles={"instagram": "leomessi"})
    assert messi.attributes["followers"] == 357_300_000
    assert messi.attributes["posts"] == 890
    assert messi.attributes["60d_eng_rate"] == "1.24%"
    assert "country" not in messi.attributes
    assert people.filter(attributes__country="Spain").exists()
    again = uploaded(manager, REAL)
    assert checked(again) == (0, 0, 200, 0)
    import_start(imported=again, by=manager.user)
    work()
    assert fates(again) == (0, 0, 200, 0)


def test_a_messy_file_imports_what_is_good_and_says_what_is_not(manager: Membership, work: Work) -> None:
    imported = uploaded(manager, MESSY)
    assert checked(imported) == (3, 0, 0, 3)
    assert imported.check_result["blank_lines"] == 2
    import_start(imported=imported, by=manager.user)
    work()
    assert fates(imported) == (3, 0, 0, 3)
    assert errors(imported) == [
        (6, "E-Mail", "juergen@@example.com", "invalid_email"),
        (7, "Handy", "0151 23", "invalid_msisdn"),
        (9, "E-Mail", "bea@example.com", "duplicated_email"),
    ]
    zoe = Influencer.objects.get(email="zoe@example.com")
    assert (zoe.name, zoe.msisdn, zoe.attributes["grosse"]) == ("Zoë Müller", "491512345678", "M")
    assert zoe.attributes["notiz"] == "erste\nzweite Zeile"


def test_a_check_saves_nothing(manager: Membership) -> None:
    assert checked(uploaded(manager, REAL)) == (200, 0, 0, 0)
    assert not Influencer.objects.exists()
    assert not ImportBulk.objects.exists()


def test_only_what_is_in_the_file_changes(manager: Membership, work: Work) -> None:
    zoe = InfluencerFactory.create(program=manager.program, email="zoe@x.de", last_name="Mueller")
    imported = run(manager, work, "Email,First name,Size\nZOE@x.de,Zoë,M\n")
    assert fates(imported) == (0, 1, 0, 0)
    zoe.refresh_from_db()
    assert (zoe.first_name, zoe.last_name) == ("Zoë", "Mueller")
    assert zoe.attributes == {"country": "DE", "followers": 3_300, "size": "M"}


def test_creating_rejects_those_who_exist_and_names_them(manager: Membership, work: Work) -> None:
    InfluencerFactory.create(program=manager.program, first_name="Zoe", email="zoe@x.de")
    imported = run(manager, work, "Email\nzoe@x.de\nbea@x.de\n", operation="create")
    assert fates(imported) == (1, 0, 0, 1)
    assert errors(imported) == [(2, "Email", "zoe@x.de", "duplicated_email")]
    assert "Zoe Mueller" in imported.bulks.get().errors[0]["reason"]


def test_updating_rejects_those_who_are_not_there(manager: Membership, work: Work) -> None:
    imported = run(manager, work, "Email\nzoe@x.de\n", operation="update")
    assert errors(imported) == [(2, "Email", "zoe@x.de", "member_not_found")]


def test_a_row_that_matches_two_is_rejected_with_both_named(manager: Membership, work: Work) -> None:
    InfluencerFactory.create(program=manager.program, first_name="Zoe", email="zoe@x.de")
    InfluencerFactory.create(program=manager.program, first_name="Bea", email=None, msisdn="491512345678")
    imported = run(manager, work, "Email,Phone\nzoe@x.de,+49 151 2345678\n")
    (error,) = imported.bulks.get().errors
    assert error["code"] == "matches_two"
    assert "Zoe Mueller" in error["reason"]
    assert "Bea Mueller" in error["reason"]


def test_an_identifier_finds_its_influencer_and_the_rest_is_changed(manager: Membership, work: Work) -> None:
    zoe = InfluencerFactory.create(program=manager.program, email="zoe@x.de", external_id="7")
    imported = run(manager, work, "ID,Email\n7,new@x.de\n,none@x.de\n", identifier="id")
    assert fates(imported) == (0, 1, 0, 1)
    zoe.refresh_from_db()
    assert zoe.email == "new@x.de"


def test_the_same_addresses_in_another_program_are_other_people(manager: Membership, work: Work) -> None:
    InfluencerFactory.create(email="zoe@x.de")
    assert fates(run(manager, work, "Email\nzoe@x.de\n")) == (1, 0, 0, 0)


def test_an_import_never_lifts_an_opt_out(manager: Membership, work: Work) -> None:
    zoe = InfluencerFactory.create(program=manager.program, email="zoe@x.de")
    opt_out_set(influencer=zoe, channel_type="email", reason="replied STOP", by_person=True)
    run(manager, work, "Email,email_enabled\nzoe@x.de,true\n")
    assert zoe.opt_outs.get().by_person


def test_bulks_have_at_most_a_thousand_rows(manager: Membership, work: Work) -> None:
    text = "Email\n" + "".join(f"a{number}@x.de\n" for number in range(2_300))
    imported = run(manager, work, text)
    assert [bulk.batch.total for bulk in imported.bulks.select_related("batch")] == [1_000, 1_000, 300]
    assert fates(imported) == (2_300, 0, 0, 0)


def test_a_bulk_with_rejected_rows_is_finished_all_the_same(manager: Membership, work: Work) -> None:
    imported = run(manager, work, "Email\nzoe@x.de\nno\n")
    bulk = imported.bulks.select_related("batch").get()
    assert bulk_status(bulk) == BulkStatus.FINISHED
    document = import_document(imported)
    assert (document["status"], document["counts"]["failed"]) == ("failed", 1)


def test_an_import_starts_once(manager: Membership, work: Work) -> None:
    imported = run(manager, work, "Email\nzoe@x.de\n")
    with pytest.raises(ImportProblem, match="started already"):
        import_start(imported=imported, by=manager.user)
    assert imported.bulks.count() == 1


def test_two_imports_of_the_same_people_at_once_make_each_once(manager: Membership, work: Work) -> None:
    texts = ["Email\n" + "".join(f"a{number}@x.de\n" for number in range(600))] * 2
    handles = ["Username\n" + "".join(f"h{number}\n" for number in range(600))] * 2
    for text in [*texts, *handles]:
        import_start(imported=uploaded(manager, text), by=manager.user)
    bulks = list(ImportBulk.objects.select_related("batch__program"))

    def process(bulk: ImportBulk) -> None:
        try:
            with transaction.atomic():
                InfluencerImport().process(bulk.batch, hold(bulk.pk, 1_000))
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(process, bulks))
    assert Influencer.objects.filter(program=manager.program).count() == 1_200
    assert sum(bulk.members_created for bulk in ImportBulk.objects.all()) == 1_200
    assert sum(bulk.members_unchanged for bulk in ImportBulk.objects.all()) == 1_200


def test_the_rejected_rows_can_be_mended_and_uploaded_again(manager: Membership, work: Work) -> None:
    imported = run(manager, work, "Name,Email\nZoe,zoe@@x.de\nBea,bea@x.de\n")
    assert rejected_header(imported) == ["Name", "Email", "Rejected because"]
    assert list(rejected_rows(imported)) == [["Zoe", "zoe@@x.de", "Email: Not an e-mail address."]]
    mended = run(manager, work, "Name,Email,Rejected because\nZoe,zoe@x.de,Email: Not an e-mail address.\n")
    assert fates(mended) == (1, 0, 0, 0)
    assert Influencer.objects.get(email="zoe@x.de").attributes == {}


def test_the_file_of_rejected_rows_is_read_as_it_was_written(manager: Membership, browser: Client) -> None:
    text = "Username,Email,Phone,Note,List\n@zoem,zoe@@x.de,+49 151 2345678,-5%,+1;-2; @three\n"
    imported = uploaded(manager, text)
    import_check(imported=imported)
    address = reverse("import-rejected", kwargs={"program": manager.program.slug, "pk": imported.pk})
    answer: Any = browser.get(address)
    mended = b"".join(answer.streaming_content).replace(b"@@", b"@")
    again = uploaded(manager, mended)
    assert checked(again) == (1, 0, 0, 0)
    import_start(imported=again, by=manager.user)
    payload: Any = again.bulks.get().batch.items.get().payload
    values = payload["values"]
    assert values == {
        "handles": {"instagram": "zoem"},
        "email": "zoe@x.de",
        "msisdn": "491512345678",
        "attributes": {"note": "-5%", "list": "+1;-2; @three"},
    }


def test_the_rows_that_would_be_rejected_can_be_had_before_the_start(manager: Membership) -> None:
    text = "Email\n" + "".join(f"a{number}@x.de\nno {number}\n" for number in range(2_500))
    imported = uploaded(manager, text)
    import_check(imported=imported)
    found = [row[0] for row in rejected_rows(imported)]
    assert found == [f"no {number}" for number in range(2_500)]
    assert not ImportBulk.objects.exists()


def test_the_rejected_rows_of_many_bulks_are_in_the_file_s_order(manager: Membership, work: Work) -> None:
    text = "Email\n" + "".join(f"a{number}@x.de\nno {number}\n" for number in range(1_100))
    imported = run(manager, work, text)
    assert [row[0] for row in rejected_rows(imported)] == [f"no {number}" for number in range(1_100)]


def test_a_stopped_import_keeps_what_it_has_done(manager: Membership, work: Work) -> None:
    imported = uploaded(manager, "Email\nzoe@x.de\n")
    import_start(imported=imported, by=manager.user)
    assert import_stop(imported=imported, by=manager.user) == 1
    work()
    assert import_progress(imported).status == "stopped"
    assert bulk_status(imported.bulks.select_related("batch").get()) == BulkStatus.FAILED
    assert not Influencer.objects.exists()


def test_a_day_later_rows_errors_and_file_are_gone_and_the_counts_stay(
    manager: Membership, work: Work
) -> None:
    imported = run(manager, work, "Email\nzoe@x.de\nno\n")
    path = Path(imported.file.path)
    payloads_purge(now=timezone.now())
    assert path.exists()
    payloads_purge(now=timezone.now() + timedelta(hours=24, minutes=1))
    imported.refresh_from_db()
    assert not path.exists()
    assert imported.state == ImportState.ERASED
    assert not imported.file
    assert errors(imported) == []
    assert not BatchItem.objects.exclude(payload=None).exists()
    assert fates(imported) == (1, 0, 0, 1)


def test_a_bulk_that_has_not_finished_within_a_day_ends_first(manager: Membership, work: Work) -> None:
    imported = uploaded(manager, "Email\nzoe@x.de\n")
    import_start(imported=imported, by=manager.user)
    payloads_purge(now=timezone.now() + timedelta(hours=24, minutes=1))
    batch = imported.bulks.get().batch
    assert batch.status == BatchStatus.STOPPED
    assert (batch.items.get().status, batch.items.get().reason) == ("not_sent", "expired")
    work()
    assert not Influencer.objects.exists()
