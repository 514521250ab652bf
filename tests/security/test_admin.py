"""Django's admin: everything is there, nothing is counted, and nobody but staff gets in."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import models

from batchadmin.lib.admin_lists import BoundedPaginator
from tests.security.world import World

OURS = ("accounts", "batches", "campaigns", "messaging")
# Their primary keys are composite, which the admin can't have; staff see them on the batch's own page.
WITHOUT_A_PAGE = {"BatchItem"}
SMALL = {"Group", "Dashboard"}  # a handful of rows, and none at all
MODELS = [
    model
    for model in apps.get_models()
    if model._meta.app_label in OURS and model.__name__ not in WITHOUT_A_PAGE
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_model_is_in_the_admin(model: Any) -> None:
    inside = {inline.model for page in admin.site._registry.values() for inline in page.inlines}
    assert admin.site.is_registered(model) or model in inside


@pytest.mark.parametrize(
    "model", [one for one in MODELS if admin.site.is_registered(one)], ids=lambda one: one.__name__
)
def test_no_choice_loads_a_whole_table(model: Any) -> None:
    page = admin.site._registry[model]
    typed = {*page.autocomplete_fields, *page.raw_id_fields, *page.readonly_fields, *(page.exclude or ())}
    if page.__class__.has_change_permission is not admin.ModelAdmin.has_change_permission:
        return  # only looked at
    for field in model._meta.get_fields():
        if isinstance(field, models.ForeignKey) and field.editable:
            assert field.name in typed, f"{model.__name__}.{field.name} would offer every row"


def test_no_list_counts_a_whole_table_whoever_brought_it() -> None:
    counting = {
        model.__name__
        for model, page in admin.site._registry.items()
        if page.show_full_result_count or not issubclass(page.paginator, BoundedPaginator)
    }
    assert counting <= SMALL


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["nobody", "outsider", "owner"])
def test_only_staff_get_in(who: str, world: World) -> None:
    for path in ("/admin/", "/admin/accounts/user/", "/admin/queues/", "/admin/batches/batchrequest/"):
        answer = world.client(who).get(path)
        assert (answer.status_code, "login" in answer.headers.get("Location", "")) == (302, True), path
