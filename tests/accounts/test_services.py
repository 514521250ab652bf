"""Programs, tokens and the audit trail, without pages."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from batchadmin.accounts.models import ApiToken, AuditEntry, Membership, Program
from batchadmin.accounts.services import audit_record, program_create, token_create, token_find, token_revoke
from batchadmin.accounts.states import Role
from tests.factories import MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_a_program_gets_an_owner_who_can_log_in() -> None:
    created = program_create(name="Glow Beauty", owner_email="Ana@glow.example", time_zone="Europe/Berlin")
    assert created.program.slug == "glow-beauty"
    assert created.user.email == "ana@glow.example"
    assert created.password is not None
    assert created.user.check_password(created.password)
    assert Membership.objects.get(program=created.program).role == Role.OWNER


def test_an_owner_with_an_account_keeps_the_password() -> None:
    user = UserFactory.create()
    created = program_create(name="Glow", owner_email=user.email.upper())
    assert created.user == user
    assert created.password is None


def test_programs_of_one_name_get_slugs_of_their_own() -> None:
    slugs = [program_create(name="Glow", owner_email="a@b.example").program.slug for _ in range(3)]
    assert slugs == ["glow", "glow-2", "glow-3"]


def test_a_name_without_letters_still_gets_a_slug() -> None:
    assert program_create(name="✨", owner_email="a@b.example").program.slug == "program"


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"owner_email": "nobody"},
        {"time_zone": "Berlin"},
        {"slug": "not a slug"},
        {"sender_address": "x"},
    ],
)
def test_a_wrong_value_leaves_nothing_half_made(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        program_create(**({"name": "Glow", "owner_email": "a@b.example"} | wrong))
    assert not Program.objects.exists()
    assert not Membership.objects.exists()


def test_a_slug_that_a_person_chose_is_never_replaced() -> None:
    program_create(name="Glow", owner_email="a@b.example", slug="glow")
    with pytest.raises(ValidationError):
        program_create(name="Glow", owner_email="a@b.example", slug="glow")


def test_a_user_is_in_a_program_once() -> None:
    membership = MembershipFactory.create()
    with pytest.raises(IntegrityError), transaction.atomic():
        MembershipFactory.create(user=membership.user, program=membership.program)


@pytest.mark.parametrize("role", list(Role))
def test_a_role_covers_itself_and_what_is_below(role: Role) -> None:
    ranks = [Role.VIEWER, Role.MANAGER, Role.OWNER]
    member = MembershipFactory.build(role=role)
    assert [member.may(needed) for needed in ranks] == [
        ranks.index(needed) <= ranks.index(role) for needed in ranks
    ]


def test_a_token_is_found_by_its_text_and_only_its_hash_is_kept() -> None:
    member = MembershipFactory.create()
    token, text = token_create(program=member.program, role=Role.MANAGER, name="Shop", by=member.user)
    assert token_find(plaintext=text) == token
    assert token_find(plaintext=text + "x") is None
    stored = ApiToken.objects.values().get()
    assert text not in map(str, stored.values())
    assert text.startswith(token.prefix)


def test_a_revoked_token_is_useless_and_revoking_again_changes_nothing() -> None:
    member = MembershipFactory.create()
    token, text = token_create(program=member.program, role=Role.VIEWER, name="Shop", by=member.user)
    token_revoke(token=token, by=member.user)
    token_revoke(token=token, by=member.user)
    assert token_find(plaintext=text) is None
    assert AuditEntry.objects.filter(action="token.revoked").count() == 1


def test_tokens_are_visible_in_their_own_program_only() -> None:
    mine, theirs = MembershipFactory.create_batch(2)
    token_create(program=theirs.program, role=Role.VIEWER, name="Shop", by=None)
    assert not ApiToken.objects.visible_to(mine).exists()
    assert ApiToken.objects.visible_to(theirs).count() == 1


def test_the_audit_trail_can_t_be_changed_or_deleted() -> None:
    member = MembershipFactory.create()
    entry = audit_record(program=member.program, actor=member.user, action="x", subject="y", number=1)
    for change in (
        entry.save,
        entry.delete,
        AuditEntry.objects.all().delete,
        lambda: AuditEntry.objects.update(subject="z"),
    ):
        with pytest.raises(TypeError, match="append-only"):
            change()
    assert AuditEntry.objects.get().detail == {"number": 1}


def test_who_did_it_stays_readable_when_the_account_goes() -> None:
    member = MembershipFactory.create(user__email="ana@glow.example")
    audit_record(program=member.program, actor=member.user, action="x", subject="y")
    member.user.delete()
    entry = AuditEntry.objects.get()
    assert entry.actor is None
    assert entry.actor_name == "ana@glow.example"
