"""The admin of accounts."""

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import ApiToken, AuditEntry, Membership, Program, User
from batchadmin.accounts.services import audit_record, token_create
from batchadmin.accounts.states import Role
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

MODELS = [User, Program, Membership, ApiToken, AuditEntry]


@pytest.fixture
def staff(client: Client, owner: Membership) -> Client:
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    audit_record(program=owner.program, actor=owner.user, action="x", subject="y")
    token_create(program=owner.program, role=Role.VIEWER, name="Shop", by=None)
    return client


@pytest.mark.parametrize("model", MODELS)
def test_staff_see_lists_and_rows(model: type, staff: Client) -> None:
    name = model.__name__.lower()
    row = model.objects.first()  # type: ignore[attr-defined]
    assert staff.get(reverse(f"admin:accounts_{name}_changelist"), {"q": "x"}).status_code == 200
    assert staff.get(reverse(f"admin:accounts_{name}_change", args=[row.pk])).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_a_program_s_owner_is_no_staff(model: type, owner: Membership, client: Client) -> None:
    client.force_login(owner.user)
    assert client.get(reverse(f"admin:accounts_{model.__name__.lower()}_changelist")).status_code == 302


@pytest.mark.parametrize("model", [ApiToken, AuditEntry])
def test_tokens_and_the_audit_trail_are_for_reading_only(model: type, staff: Client) -> None:
    row = model.objects.first()  # type: ignore[attr-defined]
    name = model.__name__.lower()
    assert staff.get(reverse(f"admin:accounts_{name}_add")).status_code == 403
    assert staff.post(reverse(f"admin:accounts_{name}_change", args=[row.pk]), {}).status_code == 403
    assert (
        staff.post(reverse(f"admin:accounts_{name}_delete", args=[row.pk]), {"post": "yes"}).status_code
        == 403
    )


def test_staff_make_users(staff: Client) -> None:
    form = {
        "email": "New@glow.example",
        "password1": "correct horse battery",
        "password2": "correct horse battery",
    }
    staff.post(reverse("admin:accounts_user_add"), form)
    assert User.objects.get(email="new@glow.example").check_password("correct horse battery")


@pytest.mark.parametrize("model", MODELS)
def test_every_model_is_in_the_admin(model: type) -> None:
    assert admin.site.is_registered(model)
