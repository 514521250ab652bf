"""The styleguide shows every component, to those who build pages."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import Settings

from batchadmin.accounts.models import Membership
from tests.factories import MembershipFactory

pytestmark = pytest.mark.django_db

ADDRESSES = ("/styleguide/", "/styleguide/question/")
COMPONENTS = {path.name for path in (Path(settings.BASE_DIR) / "templates" / "components").glob("*.html")}


@pytest.fixture
def staff(client: Client) -> Membership:
    """Somebody of the staff, logged in, who is in a program as well."""
    member: Membership = MembershipFactory.create(user__is_staff=True)
    client.force_login(member.user)
    return member


def rendered(client: Client, address: str, **headers: str) -> set[str]:
    """The files of the components that the answer was made of."""
    response = client.get(address, headers=headers)
    assert response.status_code == 200
    names = [str(template.name) for template in response.templates]
    return {Path(name).name for name in names if name.startswith("components/")}


@pytest.mark.usefixtures("staff")
def test_every_component_is_shown(client: Client) -> None:
    shown = rendered(client, "/styleguide/?toasts=yes")
    shown |= rendered(client, "/styleguide/question/")
    shown |= rendered(client, "/styleguide/question/", HX_Request="true", HX_Target="dialog")
    assert COMPONENTS - shown == set()


@pytest.mark.usefixtures("staff")
def test_toasts_of_each_kind_can_be_asked_for(client: Client) -> None:
    html = client.get("/styleguide/?toasts=yes").content.decode()
    assert html.count('class="toast show"') == 3
    assert 'class="toast show"' not in client.get("/styleguide/").content.decode()


@pytest.mark.usefixtures("staff")
def test_the_samples_can_be_seen_light_and_dark_whatever_the_system_says(client: Client) -> None:
    assert 'hx-disable data-bs-theme="dark"' in client.get("/styleguide/?theme=dark").content.decode()
    assert 'hx-disable data-bs-theme="light"' in client.get("/styleguide/?theme=light").content.decode()
    assert "hx-disable>" in client.get("/styleguide/?theme=pink").content.decode()


@pytest.mark.usefixtures("staff")
def test_the_live_piece_comes_alone(client: Client) -> None:
    html = client.get("/styleguide/", headers={"HX-Request": "true", "HX-Target": "live"}).content.decode()
    assert 'id="moving" hx-swap-oob="true"' in html
    assert "<main" not in html


def test_staff_without_a_program_see_it_too(client: Client) -> None:
    member: Membership = MembershipFactory.create(user__is_staff=True)
    member.delete()
    client.force_login(member.user)
    assert client.get("/styleguide/").status_code == 200


@pytest.mark.parametrize("address", ADDRESSES)
def test_others_are_refused(client: Client, address: str) -> None:
    client.force_login(MembershipFactory.create(role="owner").user)
    assert client.get(address).status_code == 403


@pytest.mark.parametrize("address", ADDRESSES)
def test_without_a_log_in_the_log_in_page_comes_first(client: Client, address: str) -> None:
    assert client.get(address)["Location"] == f"/log-in/?next={address}"


@pytest.mark.parametrize("address", ADDRESSES)
def test_while_one_builds_everybody_sees_it(client: Client, settings: Settings, address: str) -> None:
    settings.DEBUG = True
    assert client.get(address).status_code == 200
