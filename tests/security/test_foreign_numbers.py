"""Another program's numbers in every form field, query and selection: nothing of it is shown, used or changed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models, transaction

from tests.security.forms import Form, forms_of
from tests.security.table import addresses
from tests.security.test_access_table import BY_NAME, content_of, path_of
from tests.security.world import MARK, World

PAGES = {
    name: address
    for name, address in sorted(addresses().items())
    if "program" in address.parts and any(row.method == "GET" for row in BY_NAME[name])
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", PAGES)
def test_a_query_with_numbers_of_another_program_shows_nothing_of_it(name: str, world: World) -> None:
    page = path_of(PAGES[name], world.other, world.other.slug)
    numbers = numbers_of(world)
    asked = [{"ids": numbers["influencer"], "shown": numbers["influencer"], "person": numbers["influencer"]}]
    asked += [{"who": "all", "filter": f"{part}={numbers[part]}"} for part in ("stage", "campaign")]
    asked += [numbers, {"program": world.mine.slug, "q": MARK}]
    for query in asked:
        with transaction.atomic():
            told = content_of(world.client("other").get(page, query)).decode(errors="replace")
            transaction.set_rollback(True)
        for echoed in (
            f'value="{MARK}"',
            f"q={MARK}",
            f"“{MARK}”",
            f"<title>{MARK} ·",
        ):  # what was typed may be shown as typed
            told = told.replace(echoed, "")
        assert MARK.lower() not in told.lower(), query


@pytest.mark.django_db
@pytest.mark.parametrize("name", PAGES)
def test_a_form_with_numbers_of_another_program_does_nothing_to_it(name: str, world: World) -> None:
    page = path_of(PAGES[name], world.other, world.other.slug)
    numbers = numbers_of(world)
    mine = world.other.things  # a page that asks before it does something is told what is to be done
    selection = {"ids": mine["influencer"].pk, "to": mine["stage"].pk}
    with transaction.atomic():
        shown = content_of(world.client("other").get(page, selection)).decode(errors="replace")
        transaction.set_rollback(True)
    before = state_of(world)
    for form in forms_of(shown, page):
        if form.action.startswith("/log-out"):
            continue
        for data in forged(form, numbers):
            with transaction.atomic():
                answer = world.client("other").post(form.action, data)
                told = content_of(answer).decode(errors="replace")
                assert answer.status_code < 500, (form.action, data)
                assert MARK.lower() not in told.lower(), (form.action, data)
                assert state_of(world) == before, (form.action, data)
                assert crossings() == [], (form.action, data)
                transaction.set_rollback(True)


def numbers_of(world: World) -> dict[str, Any]:
    """The first program's numbers, by the names that fields have for such a thing."""
    things = world.mine.things
    names = {
        "to": "stage",
        "to_stage": "stage",
        "stages": "stage",
        "target": "stage",
        "person": "influencer",
        "ids": "influencer",
    }
    names |= {"files": "attachment", "attachments": "attachment", "kept": "attachment", "user": "member"}
    numbers = {name: thing.pk for name, thing in things.items()}
    return numbers | {field: things[thing].pk for field, thing in names.items()}


def forged(form: Form, numbers: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The form with a foreign number in one field after the other, and in all that could have one."""
    fitting = {field: numbers[field] for field in form.fields if field in numbers}
    yield {**form.fields, **fitting, "ids": numbers["influencer"], "who": ""}
    yield {**form.fields, "who": "all", "filter": f"stage={numbers['stage']}", "expected": "1"}
    for field, number in fitting.items():
        yield {**form.fields, field: number}


def state_of(world: World) -> list[Any]:
    """Every row of the first program, as a number for each table."""
    asked, params = [], []
    for model in with_program():
        table = model._meta.db_table
        asked.append(
            f"SELECT '{table}', md5(string_agg(t::text, '' ORDER BY t::text)) FROM {table} t WHERE program_id = %s"
        )
        params.append(world.mine.program.pk)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(asked), params)
        return list(cursor.fetchall())


def crossings() -> list[str]:
    """Which rows hang together with rows of different programs; always none."""
    with connection.cursor() as cursor:
        cursor.execute(crossing_query())
        return [str(row) for row in cursor.fetchall()]


@cache
def crossing_query() -> str:
    """One query for every table with two ways or more to a program: they have to end at the same."""
    asked = []
    for model in apps.get_models(include_auto_created=True):
        table = model._meta.db_table
        first, *others = ways_to_program(model, "t", depth=3) or [""]
        asked += [
            f"SELECT '{table}', to_jsonb(t)::text FROM {table} t WHERE {first} <> {way}" for way in others
        ]
    return " UNION ALL ".join(asked)


def ways_to_program(model: Any, alias: str, *, depth: int) -> list[str]:
    """SQL for the program of a row, by each of its references that leads to one."""
    ways = []
    for field in model._meta.concrete_fields:
        target = field.related_model
        if field.name == "program" and field.is_relation:
            ways.append(f"{alias}.program_id")
        elif isinstance(field, models.ForeignKey) and depth and target is not model:
            inner = ways_to_program(target, f"{alias}x", depth=depth - 1)
            key = target._meta.pk.column
            if inner:
                found = f"SELECT {inner[0]} FROM {target._meta.db_table} {alias}x"
                ways.append(f"({found} WHERE {alias}x.{key} = {alias}.{field.column})")
    return ways


def with_program() -> list[Any]:
    """The models whose rows say which program they are of."""
    return [
        model
        for model in apps.get_models()
        if any(field.name == "program" and field.is_relation for field in model._meta.concrete_fields)
    ]
