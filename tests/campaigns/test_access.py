"""What a page leaves out for those who only read. Who may open which page at all: docs/security.md, asked by tests/security."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.states import Role
from tests.campaigns.factories import ParticipantFactory
from tests.factories import MembershipFactory


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.VIEWER, Role.MANAGER])
def test_only_who_may_act_has_boxes_to_tick(role: Role, client: Client) -> None:
    member = MembershipFactory.create(role=role)
    participant = ParticipantFactory.create(campaign__program=member.program)
    client.force_login(member.user)
    slug = member.program.slug
    for address in (
        reverse("influencers", args=[slug]),
        reverse("campaign", args=[slug, participant.campaign.pk]),
    ):
        assert (b'name="ids"' in client.get(address).content) is (role == Role.MANAGER), address
