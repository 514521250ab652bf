"""Tables: order and page as the address says, and pages that nobody counts."""

from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django_tables2 import Column

from batchadmin.accounts.models import Membership, User
from batchadmin.lib.tables import PageTable, page_span, table_configure
from tests.factories import MembershipFactory, UserFactory


class Numbers(PageTable):
    number = Column()


def page(address: str, rows: int = 120, **options: Any) -> Numbers:
    data = [{"number": number} for number in range(rows)]
    return table_configure(RequestFactory().get(address), Numbers(data), **options)


def numbers(table: PageTable) -> list[int]:
    return [row.get_cell_value("number") for row in table.paginated_rows]


def test_a_page_has_fifty_rows_and_knows_that_there_are_more() -> None:
    table = page("/")
    assert numbers(table) == list(range(50))
    assert table.page.has_next()
    assert page_span(table) == "1–50"


def test_the_last_page_knows_that_it_is_the_last() -> None:
    table = page("/?page=3")
    assert numbers(table) == list(range(100, 120))
    assert not table.page.has_next()
    assert page_span(table) == "101–120"


def test_a_counted_table_says_of_how_many() -> None:
    assert page_span(page("/", rows=9_312, counted=True)) == "1–50 of 9,312"


def test_an_empty_table_has_no_span() -> None:
    assert page_span(page("/", rows=0)) == ""


@pytest.mark.parametrize("asked", ["0", "-1", "x", "", "1e3", "９", "9" * 5000])
def test_a_page_that_makes_no_sense_is_the_first(asked: str) -> None:
    assert numbers(page(f"/?page={asked}"))[0] == 0


def test_a_page_past_the_end_is_the_last_where_rows_are_counted() -> None:
    assert numbers(page("/?page=99", counted=True))[0] == 100


def test_a_page_past_the_end_is_the_first_where_nobody_counts() -> None:
    assert numbers(page("/?page=99"))[0] == 0


@pytest.mark.parametrize(
    ("asked", "shown"), [("25", 25), ("100", 100), ("1000000", 50), ("7", 50), ("x", 50)]
)
def test_only_the_offered_page_sizes_count(asked: str, shown: int) -> None:
    assert len(numbers(page(f"/?per_page={asked}"))) == shown


def test_the_order_is_in_the_address() -> None:
    assert numbers(page("/?sort=-number"))[0] == 119


def test_an_unknown_order_is_ignored() -> None:
    assert numbers(page("/?sort=password"))[0] == 0


@pytest.mark.django_db
def test_a_page_of_the_database_takes_one_query_and_no_count(django_assert_num_queries: Any) -> None:
    UserFactory.create_batch(3)

    class Users(PageTable):
        email = Column()

    with django_assert_num_queries(1) as queries:
        table = table_configure(RequestFactory().get("/"), Users(User.objects.order_by("pk")))
        assert len(list(table.paginated_rows)) == 3
    assert "COUNT" not in queries.captured_queries[0]["sql"]


class People(PageTable):
    """People with their programs, which are joined."""

    role = Column()


@pytest.mark.django_db
def test_a_page_far_down_passes_over_keys_alone_and_has_the_same_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("batchadmin.lib.tables.DEEP", 25)
    MembershipFactory.create_batch(60)
    rows = Membership.objects.select_related("user").order_by("-pk")
    for number, last in ((2, False), (3, True)):
        request = RequestFactory().get(f"/?page={number}&per_page=25")
        with CaptureQueriesContext(connection) as asked:
            found = table_configure(request, People(rows))
        shown = [row.record.pk for row in found.paginated_rows]
        first = (number - 1) * 25
        assert shown == list(rows.values_list("pk", flat=True)[first : first + 25])
        assert found.page.has_next() is not last
        skipping = [query["sql"] for query in asked if "OFFSET" in query["sql"]]
        assert len(skipping) == 1
        assert "accounts_user" not in skipping[0]
