"""What every list can: searched, emptied by a filter that says so, had as a file of exactly what is filtered."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from campaigns.models import Influencer
from tests.walk.full import Site

NOBODY = "nothing-is-called-this"
OF_PROGRAM = (
    "influencers", "campaigns", "chats", "broadcasts", "templates", "automation", "triggers", "batches", "imports",
    "notices",
)  # fmt: skip
OF_ROW = {
    "campaign": "campaign",
    "automation-template": "automated",
    "trigger": "trigger",
    "webhook": "webhook",
}
# Their file is named otherwise, and is tested with their pages; of a log more is asked than of a list.
WITH_THEIR_OWN_FILE = {"broadcast": "broadcast"}


@pytest.fixture
def browser(client: Client, full_site: Site) -> Client:
    """The owner's."""
    client.force_login(full_site.member.user)
    return client


def lists_of(site: Site) -> dict[str, str]:
    """The address of each list, by the name of its pattern."""
    found = {name: site.address(name) for name in OF_PROGRAM}
    return found | {name: site.address(name, site.rows[key][0]) for name, key in OF_ROW.items()}


def file_of(client: Client, address: str, kind: str = "csv") -> list[list[Any]]:
    """The rows of the file, its header first."""
    response: Any = client.get(f"{address}{'&' if '?' in address else '?'}format={kind}")
    assert response["Content-Disposition"].endswith(f'.{kind}"'), address
    body = b"".join(response.streaming_content)
    if kind == "csv":
        return list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    sheet: Any = load_workbook(io.BytesIO(body)).active
    return [list(row) for row in sheet.values]


def test_every_list_can_do_what_a_list_can(browser: Client, full_site: Site) -> None:
    holes = []
    for name, address in lists_of(full_site).items():
        html = browser.get(address).content.decode()
        wanted = {"a search": 'type="search"', "a file": "format=xlsx", "a page size": "page-size"}
        holes += [f"{name} has no {what}" for what, sign in wanted.items() if sign not in html]
        nothing = browser.get(address, {"q": NOBODY}).content.decode()
        if "No match" not in nothing or "Clear" not in nothing:
            holes.append(f"{name} doesn't say that the filter leaves nothing")
        header, *rows = file_of(browser, address)
        if not rows or any(len(row) != len(header) for row in rows):
            holes.append(f"{name}: a file with {len(rows)} rows")
        if len(file_of(browser, address, "xlsx")) != len(rows) + 1:
            holes.append(f"{name}: the workbook holds other rows")
    assert not holes, "\n".join(holes)


def test_a_file_holds_what_is_filtered_on_all_pages_and_runs_no_formula(
    browser: Client, full_site: Site
) -> None:
    program = full_site.member.program
    Influencer.objects.create(program=program, first_name="=1+1", last_name="Formula", email="f@x.example")
    address = full_site.address("influencers")
    assert len(file_of(browser, address)) == 1 + Influencer.objects.filter(program=program).count()
    header, row = file_of(browser, address + "?q=formula&page=1")
    assert row[header.index("Name")] == "'=1+1 Formula"
    assert row[header.index("E-mail")] == "f@x.example"


def test_a_list_can_be_sorted_by_its_address(browser: Client, full_site: Site) -> None:
    address = full_site.address("templates")
    names = [row[0] for row in file_of(browser, address + "?sort=-name")[1:]]
    assert names == sorted(names, reverse=True)
    assert 'aria-sort="descending"' in browser.get(address + "?sort=-name").content.decode()
