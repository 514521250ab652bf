"""Who may open which page: nobody from outside, viewers read, managers act; and ids of other programs aren't there."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import Membership
from batchadmin.accounts.states import Role
from campaigns.models import Campaign, Import, Influencer, Subscription
from campaigns.services import import_check, import_upload
from tests.campaigns.factories import ParticipantFactory
from tests.factories import MembershipFactory

READ = {"influencers", "influencer", "campaigns", "campaign", "imports", "import", "import-rejected"}
ACT = {
    "influencer-new",
    "influencer-edit",
    "selection-add",
    "selection-date",
    "selection-move",
    "campaign-new",
    "campaign-stages",
    "import-new",
    "import-check",
    "import-stop",
    "import-restart",
    "subscription-new",
    "subscription-edit",
    "subscription-drop",
}
POST_ONLY = {"influencer-opt-out", "import-drop", "import-check-stop"}
OF_SOMETHING = {
    "influencer": "influencer",
    "influencer-edit": "influencer",
    "influencer-opt-out": "influencer",
    "subscription-new": "influencer",
    "subscription-edit": "influencer",
    "subscription-drop": "influencer",
    "campaign": "campaign",
    "campaign-stages": "campaign",
    "selection-date": "campaign",
    "selection-move": "campaign",
    "import": "import",
    "import-check": "import",
    "import-stop": "import",
    "import-drop": "import",
    "import-check-stop": "import",
    "import-restart": "import",
    "import-rejected": "import",
}
SELECTION = {"selection-add", "selection-date", "selection-move"}


@dataclass
class World:
    """One of everything in a program."""

    member: Membership
    influencer: Influencer
    campaign: Campaign
    imported: Import

    def address(self, name: str, slug: str = "") -> str:
        things = {"influencer": self.influencer, "campaign": self.campaign, "import": self.imported}
        args: dict[str, Any] = {"program": slug or self.member.program.slug}
        if name in OF_SOMETHING:
            args["pk"] = things[OF_SOMETHING[name]].pk
        if name in ("subscription-edit", "subscription-drop"):
            args["subscription"] = self.influencer.subscriptions.get().pk
        if name == "influencer-opt-out":
            args["channel_type"] = "email"
        query = f"?ids={self.influencer.pk}" if name in SELECTION else ""
        return reverse(name, kwargs=args) + query


def world(role: Role = Role.MANAGER) -> World:
    member = MembershipFactory.create(role=role)
    participant = ParticipantFactory.create(campaign__program=member.program)
    person = participant.influencer
    Subscription.objects.create(program=member.program, influencer=person, kind="email", address="b@x.de")
    file = io.BytesIO(b"Email\nzoe@x.de\nno\n")
    imported = import_upload(program=member.program, by=member.user, file=file, name="may.csv")
    import_check(imported=imported)
    return World(member, participant.influencer, participant.campaign, imported)


def ask(client: Client, name: str, address: str) -> int:
    answer = client.post(address) if name in POST_ONLY else client.get(address)
    return answer.status_code


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(READ | ACT | POST_ONLY))
def test_who_is_not_logged_in_is_led_to_the_log_in(name: str, client: Client) -> None:
    here = world()
    answer = client.post(here.address(name)) if name in POST_ONLY else client.get(here.address(name))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("log-in"))


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(READ | ACT | POST_ONLY))
def test_for_an_outsider_the_page_is_not_there(name: str, client: Client) -> None:
    here = world()
    client.force_login(MembershipFactory.create(role=Role.OWNER).user)
    assert ask(client, name, here.address(name)) == 404


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(OF_SOMETHING))
def test_ids_of_another_program_are_not_there_either(name: str, client: Client) -> None:
    theirs, mine = world(), world(Role.OWNER)
    client.force_login(mine.member.user)
    assert ask(client, name, theirs.address(name, slug=mine.member.program.slug)) == 404


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(READ))
def test_viewers_read(name: str, client: Client) -> None:
    here = world(Role.VIEWER)
    client.force_login(here.member.user)
    assert ask(client, name, here.address(name)) == 200


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(ACT | POST_ONLY))
def test_viewers_change_nothing(name: str, client: Client) -> None:
    here = world(Role.VIEWER)
    client.force_login(here.member.user)
    assert ask(client, name, here.address(name)) == 403
    assert client.post(here.address(name)).status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.MANAGER, Role.OWNER])
@pytest.mark.parametrize("name", sorted(READ | ACT))
def test_managers_and_owners_open_everything(name: str, role: Role, client: Client) -> None:
    here = world(role)
    client.force_login(here.member.user)
    assert ask(client, name, here.address(name)) == 200


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["influencers", "campaign"])
def test_a_viewer_has_no_boxes_to_tick(name: str, client: Client) -> None:
    here = world(Role.VIEWER)
    client.force_login(here.member.user)
    assert b'name="ids"' not in client.get(here.address(name)).content
