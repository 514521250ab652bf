"""Django's admin: everything is there, nothing is counted, and nobody but staff gets in."""

from __future__ import annotations

from typing import Any, cast

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin import AllValuesFieldListFilter, FieldListFilter, RelatedFieldListFilter
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.forms import ModelChoiceField
from django.http import HttpRequest
from django.test import RequestFactory

from batchadmin.accounts.models import User
from batchadmin.lib.admin_lists import BoundedPaginator
from tests.security.world import World

OURS = ("accounts", "batches", "campaigns", "messaging")
# Their primary keys are composite, which the admin can't have; staff see them on the batch's own page.
WITHOUT_A_PAGE = {"BatchItem"}
# A handful of rows: as many as there are rights, programs, channels and processes.
SMALL = {"Group", "Permission", "Dashboard", "Program", "Channel", "WorkerLease", "SchedulerBeat"}
COUNTED = {"Group", "Dashboard"}
RIGHTS = {"Group", "Permission"}
TYPED = (AutocompleteSelect, AutocompleteSelectMultiple)
MODELS = [
    model
    for model in apps.get_models()
    if model._meta.app_label in OURS and model.__name__ not in WITHOUT_A_PAGE
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_model_is_in_the_admin(model: Any) -> None:
    inside = {inline.model for page in admin.site._registry.values() for inline in page.inlines}
    assert admin.site.is_registered(model) or model in inside


@pytest.fixture
def asked() -> HttpRequest:
    """A request of somebody who may do everything."""
    request = RequestFactory().get("/admin/")
    request.user = User(is_staff=True, is_superuser=True, is_active=True)
    return request


def plain_choices(form: Any, *, parent: str = "") -> list[str]:
    """The fields of this form that would offer every row of a table that may be large; `parent` is set by the page itself."""
    return [
        name
        for name, field in form.base_fields.items()
        if isinstance(field, ModelChoiceField)
        and name != parent
        and cast(Any, field.queryset).model.__name__ not in RIGHTS
        and not isinstance(getattr(field.widget, "widget", field.widget), TYPED)
    ]


@pytest.mark.parametrize("page", admin.site._registry.values(), ids=lambda page: page.model.__name__)
def test_whatever_names_a_row_of_another_table_is_found_by_typing(page: Any, asked: HttpRequest) -> None:
    assert not page.has_change_permission(asked) or plain_choices(page.get_form(asked)) == []
    for inline in page.get_inline_instances(asked):
        rows = inline.get_formset(asked)
        assert not inline.has_change_permission(asked) or plain_choices(rows.form, parent=rows.fk.name) == []


@pytest.mark.parametrize("page", admin.site._registry.values(), ids=lambda page: page.model.__name__)
def test_no_filter_reads_a_whole_table_for_its_choices(page: Any) -> None:
    for one in page.list_filter:
        if not isinstance(one, str):
            continue
        field = get_fields_from_path(page.model, one)[-1]
        kind = next(found for test, found in cast(Any, FieldListFilter)._field_list_filters if test(field))
        offered: Any = field.related_model if kind is RelatedFieldListFilter else page.model
        if kind in (RelatedFieldListFilter, AllValuesFieldListFilter):
            assert offered.__name__ in SMALL, f"{page.model.__name__}: {one}"


def test_no_list_counts_a_whole_table_whoever_brought_it() -> None:
    counting = {
        model.__name__
        for model, page in admin.site._registry.items()
        if page.show_full_result_count or not issubclass(page.paginator, BoundedPaginator)
    }
    assert counting <= COUNTED


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["nobody", "outsider", "owner"])
def test_only_staff_get_in(who: str, world: World) -> None:
    for path in ("/admin/", "/admin/accounts/user/", "/admin/queues/", "/admin/batches/batchrequest/"):
        answer = world.client(who).get(path)
        assert (answer.status_code, "login" in answer.headers.get("Location", "")) == (302, True), path
