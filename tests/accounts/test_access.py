"""Who may open which page of a program; one line each."""

import pytest
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.access import LAST_PROGRAM
from batchadmin.accounts.models import Membership
from batchadmin.accounts.states import Role
from tests.accounts.conftest import LogIn, html
from tests.factories import MembershipFactory

pytestmark = pytest.mark.django_db

FOR_READERS = [("get", "members")]
FOR_OWNERS = [
    ("post", "member-add"),
    ("post", "member-role"),
    ("get", "member-remove"),
    ("post", "member-remove"),
]


def address(name: str, target: Membership) -> str:
    has_member = name in ("member-role", "member-remove")
    return reverse(name, kwargs={"program": "glow"} | ({"pk": target.pk} if has_member else {}))


@pytest.mark.parametrize(("method", "name"), FOR_READERS + FOR_OWNERS)
def test_nobody_is_sent_to_log_in_and_back(method: str, name: str, viewer: Membership) -> None:
    page = address(name, viewer)
    answer = getattr(Client(), method)(page)
    assert answer.status_code == 302
    assert answer.url == f"/log-in/?next={page}"


@pytest.mark.parametrize(("method", "name"), FOR_READERS + FOR_OWNERS)
def test_an_outsider_never_learns_that_the_program_exists(
    method: str, name: str, viewer: Membership, outsider: Membership, as_user: LogIn
) -> None:
    browser = as_user(outsider.user)
    answer = getattr(browser, method)(address(name, viewer))
    no_such_program = browser.get("/p/never-made/settings/members/")
    assert answer.status_code == 404
    assert html(answer) == html(no_such_program)


@pytest.mark.parametrize(("method", "name"), FOR_OWNERS)
@pytest.mark.parametrize("role", ["viewer", "manager"])
def test_lesser_roles_are_told_whom_to_ask(
    method: str, name: str, role: str, owner: Membership, as_user: LogIn
) -> None:
    member = MembershipFactory.create(program=owner.program, role=role)
    answer = getattr(as_user(member.user), method)(address(name, owner))
    assert answer.status_code == 403
    assert f"{Role(role).plural} can't do this" in answer.content.decode()
    assert "Ana Ferreira" in answer.content.decode()
    assert Membership.objects.filter(pk=owner.pk, role=Role.OWNER).exists()


@pytest.mark.parametrize("role", list(Role))
def test_every_member_reads_the_list_of_members(role: Role, owner: Membership, as_user: LogIn) -> None:
    member = MembershipFactory.create(program=owner.program, role=role)
    assert as_user(member.user).get(address("members", member)).status_code == 200


@pytest.mark.parametrize("name", ["member-role", "member-remove"])
def test_a_member_of_another_program_is_not_found(
    name: str, owner: Membership, outsider: Membership, as_user: LogIn
) -> None:
    answer = as_user(owner.user).post(address(name, outsider), {"role": "viewer"})
    assert answer.status_code == 404
    assert Membership.objects.filter(pk=outsider.pk, role=Role.OWNER).exists()


@pytest.mark.parametrize("name", ["member-add", "member-role"])
def test_reading_never_changes_anything(name: str, owner: Membership, as_user: LogIn) -> None:
    assert as_user(owner.user).get(address(name, owner)).status_code == 405


def test_a_form_sent_after_log_out_leads_back_to_its_page_and_says_that_nothing_was_done(
    owner: Membership, viewer: Membership
) -> None:
    browser, form = Client(), address("member-add", owner)
    page = "http://testserver" + address("members", owner) + "?q=1"
    asked = browser.post(form, headers={"Referer": page}, follow=True)
    assert asked.redirect_chain[0][0] == f"/log-in/?next={address('members', owner)}%3Fq%3D1"
    assert "so nothing was done" in asked.text
    elsewhere = browser.post(form, headers={"Referer": "https://evil.example/p/"})
    assert elsewhere["Location"] == f"/log-in/?next={form}"


def test_a_fragment_asked_for_after_log_out_is_refused_with_401(viewer: Membership) -> None:
    answer = Client().get(address("members", viewer), headers={"HX-Request": "true"})
    assert answer.status_code == 401


def test_somebody_who_was_locked_out_of_their_account_sees_nothing(
    viewer: Membership, as_user: LogIn
) -> None:
    browser = as_user(viewer.user)
    viewer.user.is_active = False
    viewer.user.save()
    assert browser.get(address("members", viewer)).status_code == 302


def test_the_program_opened_last_is_remembered(owner: Membership, as_user: LogIn) -> None:
    browser = as_user(owner.user)
    browser.get(address("members", owner))
    owner.refresh_from_db()
    assert owner.last_used_at is not None
    assert browser.session[LAST_PROGRAM] == owner.program_id


def test_a_second_look_at_the_page_takes_few_queries(
    owner: Membership, as_user: LogIn, django_assert_num_queries: object
) -> None:
    browser = as_user(owner.user)
    browser.get(address("members", owner))
    for _ in range(5):
        MembershipFactory.create(program=owner.program)
    # session, user, one's memberships with their programs, members with users, invitations
    with django_assert_num_queries(5):  # type: ignore[operator]
        browser.get(address("members", owner))
