"""What somebody said of a file's columns is remembered for the program's next file."""

from __future__ import annotations

import io

from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import Membership
from campaigns.models import Import
from campaigns.services import import_prepare, import_start, import_upload
from tests.factories import MembershipFactory


def upload(manager: Membership, text: str, name: str = "may.csv") -> Import:
    return import_upload(program=manager.program, by=manager.user, file=io.BytesIO(text.encode()), name=name)


def started(manager: Membership, text: str, columns: dict[str, str], name: str = "may.csv") -> Import:
    imported = upload(manager, text, name)
    import_prepare(imported=imported, columns=columns)
    import_start(imported=imported, by=manager.user)
    return imported


def test_a_heading_is_what_it_was_made_last_time_and_the_page_says_so(
    manager: Membership, browser: Client
) -> None:
    started(manager, "Kontakt,Email\nZoe,zoe@x.de\n", {"Kontakt": "first_name"})
    june = upload(manager, "Email,Kontakt,Size\nbea@x.de,Bea,M\n", "june.csv")
    assert june.mapping == {"Email": "email", "Kontakt": "first_name", "Size": "attribute:size"}
    page = browser.get(reverse("import", kwargs={"program": manager.program.slug, "pk": june.pk}))
    assert "as they were for “may.csv”" in page.content.decode()


def test_the_newest_import_decides(manager: Membership) -> None:
    started(manager, "Email,Kontakt\nzoe@x.de,Zoe\n", {"Kontakt": "first_name"})
    started(manager, "Email,Kontakt\nzoe@x.de,Zoe\n", {"Kontakt": "ignore"})
    assert upload(manager, "Email,Kontakt\nzoe@x.de,Zoe\n").mapping["Kontakt"] == "ignore"
    started(manager, "Email,Kontakt\nzoe@x.de,Zoe\n", {"Kontakt": "attribute:kontakt"})
    assert upload(manager, "Email,Kontakt\nzoe@x.de,Zoe\n").mapping["Kontakt"] == "attribute:kontakt"


def test_what_was_recognised_is_recognised_anew(manager: Membership) -> None:
    started(manager, "Username\nzoe\n", {}, "instagram.csv")
    assert upload(manager, "Username\nzoe\n", "tiktok.csv").mapping == {"Username": "handle:tiktok"}


def test_two_headings_for_one_field_are_left_as_they_are_recognised(manager: Membership) -> None:
    started(manager, "Email,A\nzoe@x.de,Zoe\n", {"A": "first_name"})
    started(manager, "Email,B\nzoe@x.de,Zoe\n", {"B": "first_name"})
    both = upload(manager, "Email,A,B\nzoe@x.de,x,y\n").mapping
    assert both == {"Email": "email", "A": "attribute:a", "B": "attribute:b"}


def test_uploads_that_were_never_started_and_other_programs_teach_nothing(manager: Membership) -> None:
    import_prepare(imported=upload(manager, "Email,A\nzoe@x.de,Zoe\n"), columns={"A": "first_name"})
    started(MembershipFactory.create(), "Email,A\nzoe@x.de,Zoe\n", {"A": "first_name"})
    assert upload(manager, "Email,A\nzoe@x.de,Zoe\n").mapping["A"] == "attribute:a"
