"""The left navigation: no way in it leads to a page that says "you may not"."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.states import Role
from tests.factories import MembershipFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MANAGER, Role.OWNER])
def test_the_navigation_offers_what_the_role_may_open_and_nothing_else(client: Client, role: Role) -> None:
    member = MembershipFactory.create(role=role)
    client.force_login(member.user)
    page = client.get(reverse("dashboard", args=[member.program.slug])).content.decode()
    navigation = page.split("<main")[0]
    links = set(re.findall(r'href="(/p/[^"?]+)"', navigation))
    assert len(links) > 10
    assert {link: client.get(link).status_code for link in links} == dict.fromkeys(links, 200)
    may = {"broadcast-new": role != Role.VIEWER, "tokens": role == Role.OWNER, "webhooks": role == Role.OWNER}
    for name, expected in may.items():
        assert (reverse(name, args=[member.program.slug]) in links) == expected, name
