"""Who may open which page of batches: an outsider none, a viewer those to read, a manager and an owner all."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import Membership
from batchadmin.accounts.states import Role
from batches.models import BatchRequest
from batches.states import BatchStatus
from tests.batches.factories import NoticeFactory, make_membership_batch
from tests.batches.kinds import Mailing
from tests.factories import MembershipFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kinds", "redis_db")]

OF_PROGRAM = ["batches", "notices", "live-pill"]
TO_READ = ["batch", "batch-export"]
TO_ACT = ["batch-stop", "batch-resume"]


@pytest.fixture
def owner() -> Membership:
    return MembershipFactory.create(role=Role.OWNER)


@pytest.fixture
def batch(owner: Membership) -> BatchRequest:
    """A scheduled batch, with which everything can be done."""
    return make_membership_batch(owner, kind=Mailing, pending=3, status=BatchStatus.SCHEDULED)


def addresses(batch: BatchRequest, names: list[str]) -> list[str]:
    slug = batch.program.slug
    return [reverse(name, args=[slug] if name in OF_PROGRAM else [slug, batch.pk]) for name in names]


def log_in(client: Client, batch: BatchRequest, role: Role) -> None:
    client.force_login(MembershipFactory.create(program=batch.program, role=role).user)


@pytest.mark.parametrize("name", [*OF_PROGRAM, *TO_READ, *TO_ACT])
def test_without_a_log_in_the_log_in_page_comes_first(client: Client, batch: BatchRequest, name: str) -> None:
    (address,) = addresses(batch, [name])
    response = client.get(address)
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("log-in"))


@pytest.mark.parametrize("name", [*OF_PROGRAM, *TO_READ, *TO_ACT])
def test_somebody_of_another_program_finds_nothing(client: Client, batch: BatchRequest, name: str) -> None:
    client.force_login(MembershipFactory.create(role=Role.OWNER).user)
    (address,) = addresses(batch, [name])
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("name", [*TO_READ, *TO_ACT])
def test_a_batch_of_another_program_is_not_found_in_ones_own(
    client: Client, batch: BatchRequest, name: str
) -> None:
    own = MembershipFactory.create(role=Role.OWNER)
    client.force_login(own.user)
    assert client.get(reverse(name, args=[own.program.slug, batch.pk])).status_code == 404


@pytest.mark.parametrize("name", TO_ACT)
def test_nobody_acts_on_a_batch_of_another_program(client: Client, batch: BatchRequest, name: str) -> None:
    own = MembershipFactory.create(role=Role.OWNER)
    client.force_login(own.user)
    assert client.post(reverse(name, args=[own.program.slug, batch.pk])).status_code == 404
    batch.refresh_from_db()
    assert batch.status == BatchStatus.SCHEDULED


@pytest.mark.parametrize("name", [*OF_PROGRAM, *TO_READ])
def test_a_viewer_reads(client: Client, batch: BatchRequest, name: str) -> None:
    log_in(client, batch, Role.VIEWER)
    (address,) = addresses(batch, [name])
    assert client.get(address).status_code == 200


@pytest.mark.parametrize("name", TO_ACT)
def test_a_viewer_does_not_act(client: Client, batch: BatchRequest, name: str) -> None:
    log_in(client, batch, Role.VIEWER)
    (address,) = addresses(batch, [name])
    assert client.get(address).status_code == 403
    assert client.post(address).status_code == 403
    batch.refresh_from_db()
    assert batch.status == BatchStatus.SCHEDULED


def test_a_viewer_sees_no_buttons(client: Client, batch: BatchRequest) -> None:
    log_in(client, batch, Role.VIEWER)
    html = client.get(reverse("batch", args=[batch.program.slug, batch.pk])).content.decode()
    assert 'id="stop"' not in html
    assert 'id="resume"' not in html


@pytest.mark.parametrize("role", [Role.MANAGER, Role.OWNER])
@pytest.mark.parametrize("name", [*OF_PROGRAM, *TO_READ, *TO_ACT])
def test_managers_and_owners_open_everything(
    client: Client, batch: BatchRequest, name: str, role: Role
) -> None:
    log_in(client, batch, role)
    (address,) = addresses(batch, [name])
    assert client.get(address).status_code == 200


@pytest.mark.parametrize("name", ["notices-read", "notice-open"])
def test_notices_are_marked_by_a_form_only(
    client: Client, owner: Membership, batch: BatchRequest, name: str
) -> None:
    client.force_login(owner.user)
    notice = NoticeFactory.create(batch=batch, user=owner.user)
    args = [owner.program.slug, notice.pk] if name == "notice-open" else [owner.program.slug]
    assert client.get(reverse(name, args=args)).status_code == 405


def test_nobody_opens_the_notice_of_another(client: Client, owner: Membership, batch: BatchRequest) -> None:
    notice = NoticeFactory.create(batch=batch, user=owner.user)
    log_in(client, batch, Role.OWNER)
    address = reverse("notice-open", args=[batch.program.slug, notice.pk])
    assert client.post(address).status_code == 404
    notice.refresh_from_db()
    assert notice.read_at is None


def test_a_poller_without_a_log_in_is_told_so(client: Client, batch: BatchRequest) -> None:
    (address,) = addresses(batch, ["batch"])
    assert client.get(address, headers={"HX-Request": "true", "HX-Target": "live"}).status_code == 401


def test_a_user_without_any_program_finds_nothing(client: Client, batch: BatchRequest) -> None:
    client.force_login(UserFactory.create())
    (address,) = addresses(batch, ["batches"])
    assert client.get(address).status_code == 404
