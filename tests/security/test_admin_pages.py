"""Django's admin, page by page: everything opens for staff in few queries, and no table is counted whole."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from batchadmin.lib.migration_rules import LARGE
from tests.security.test_admin import MODELS
from tests.security.world import World
from tests.walk.filling import WORKED_OUT, rows_fill

REGISTERED = [model for model in MODELS if admin.site.is_registered(model)]
# The session, the user, savepoints, one for each filter, and the rows with what they name.
MOST_QUERIES = 16
TABLES = {f"{app}_{model}" for app, model in LARGE}
COUNT = re.compile(r"^SELECT COUNT\(", re.IGNORECASE)


def opened(world: World, path: str) -> tuple[int, list[str]]:
    """The status, and the statements that it took."""
    with CaptureQueriesContext(
        connection,
    ) as seen:
        status = world.client("staff").get(path).status_code
    return status, [query["sql"] for query in seen.captured_queries]


def counted(statements: list[str]) -> list[str]:
    """The statements that count a large table to its end."""
    counts = [one for one in statements if COUNT.match(one) and "LIMIT" not in one]
    return [one for one in counts if any(f'"{table}"' in one for table in TABLES)]


def named(model: Any, page: str, *rest: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=rest)


@pytest.mark.django_db
@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model.__name__)
def test_every_page_opens_in_few_queries_and_counts_no_large_table(model: Any, world: World) -> None:
    row = model._default_manager.order_by("pk").first()
    pages = [named(model, "changelist"), named(model, "changelist") + "?q=12"]
    pages += [named(model, "change", row.pk)] if row is not None else []
    for path in pages:
        status, statements = opened(world, path)
        assert status == 200, path
        assert len(statements) <= MOST_QUERIES, f"{path}: {len(statements)}\n" + "\n".join(statements)
        assert counted(statements) == [], path
    status, statements = opened(world, named(model, "add"))
    may_add = admin.site._registry[model].__class__.has_add_permission is admin.ModelAdmin.has_add_permission
    assert status == (200 if may_add else 403)
    assert len(statements) <= MOST_QUERIES


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name",
    ["BatchRequest", "BatchEvent", "Claim", "Message", "Receipt", "StageChange", "OptChange", "AuditEntry"],
)
def test_what_has_happened_is_only_for_reading(name: str, world: World) -> None:
    model: Any = next(one for one in REGISTERED if one.__name__ == name)
    row = model._default_manager.order_by("pk").first()
    staff = world.client("staff")
    assert staff.post(named(model, "add"), {}).status_code == 403
    if row is not None:
        assert staff.post(named(model, "change", row.pk), {}).status_code == 403
        assert staff.post(named(model, "delete", row.pk), {"post": "yes"}).status_code == 403


@pytest.mark.django_db
def test_nothing_hostile_that_a_row_holds_comes_alive_before_staff(world: World) -> None:
    rows_fill(world.mine.owner)
    staff, shown = world.client("staff"), 0
    for model in REGISTERED:
        row: Any = model._default_manager.order_by("pk").last()
        chosen = {"_selected_action": [] if row is None else [row.pk]}
        answers = [staff.get(named(model, "changelist"))]
        answers += [staff.get(named(model, "change", row.pk))] if row is not None else []
        for action in admin.site._registry[model].actions or ():
            answers.append(staff.post(named(model, "changelist"), {"action": action, **chosen}, follow=True))
        for answer in answers:
            page = answer.content.decode()
            assert answer.status_code == 200
            assert "<xss-x" not in page, answer.request["PATH_INFO"]
            assert 'href="javascript:' not in page, answer.request["PATH_INFO"]
            assert WORKED_OUT not in page
            shown += "&lt;xss-x" in page
    assert shown > 30, "hardly any page shows what was put there"


@pytest.mark.django_db
def test_typing_finds_a_row_without_counting_the_table(world: World) -> None:
    path = (
        reverse("admin:autocomplete") + "?app_label=campaigns&model_name=optout&field_name=influencer&term="
    )
    for term in ("", "Quetzal", "nobody at all"):
        status, statements = opened(world, path + term)
        assert (status, counted(statements)) == (200, [])
    assert "Quetzal" in world.client("staff").get(path + "Quetzal").content.decode()
    assert world.client("owner").get(path).status_code == 302
