"""Two people have a template open at the same time: neither undoes in silence what the other has saved."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import Membership
from campaigns.models import Campaign
from messaging.models import Channel, Template
from messaging.states import Delivery
from tests.campaigns.factories import CampaignFactory
from tests.factories import MembershipFactory
from tests.messaging.factories import ChannelFactory, TemplateFactory

pytestmark = pytest.mark.django_db
NEITHER = ("csrfmiddlewaretoken", "person", "q")


class Browser:
    """Somebody who has opened the template's page, and saves it with changes."""

    def __init__(self, membership: Membership, template: Template) -> None:
        self.client = Client()
        self.client.force_login(membership.user)
        self.address = reverse("template", args=[membership.program.slug, template.pk])
        form = self.client.get(self.address).context["form"]
        self.fields: dict[str, Any] = {"action": "save"}
        for bound in form:
            value = bound.value()
            if value not in (None, "", False, []) and bound.name != "added":
                self.fields[bound.name] = (
                    bound.field.prepare_value(value) if bound.field.widget.is_hidden else value
                )
        self.fields = {name: plain(value) for name, value in self.fields.items()}

    def save(self, **changes: Any) -> tuple[int, str]:
        """The status and the text of the answer; what the page then remembers is sent the next time."""
        self.fields |= changes
        answer = self.client.post(self.address, self.fields)
        text = html.unescape(answer.content.decode())
        if found := re.search(r'name="seen" value="([^>]*)" id=', text):
            self.fields["seen"] = found[1]
        return answer.status_code, text


def plain(value: Any) -> Any:
    """As a browser posts it."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return getattr(value, "pk", value)


@pytest.fixture
def template(member: Membership) -> Template:
    """A template that is sent on entering a stage."""
    campaign: Campaign = CampaignFactory.create(program=member.program)
    made: Template = TemplateFactory.create(
        program=member.program, name="Autumn", campaign=campaign, channel=ChannelFactory.create(program=member.program),
        delivery=Delivery.STAGE, html="<p>Hi</p>",
    )  # fmt: skip
    made.stages.add(campaign.stages.get(position=1))
    return made


def both(member: Membership, template: Template) -> tuple[Browser, Browser]:
    colleague: Membership = MembershipFactory.create(program=member.program)
    return Browser(member, template), Browser(colleague, template)


def test_what_the_other_has_saved_and_one_did_not_touch_stays(member: Membership, template: Template) -> None:
    second_stage = template.campaign.stages.get(position=2) if template.campaign else None
    assert second_stage is not None
    first, second = both(member, template)
    assert first.save(subject="Theirs", stages=[second_stage.pk])[0] == 302
    assert second.save(body="Mine", name="Winter")[0] == 302
    template.refresh_from_db()
    assert (template.subject, template.body, template.name) == ("Theirs", "Mine", "Winter")
    assert (template.html, list(template.stages.all())) == ("<p>Hi</p>", [second_stage])


def test_where_both_changed_the_same_the_second_is_told_and_may_replace_it(
    member: Membership, template: Template
) -> None:
    first, second = both(member, template)
    first.save(body="Hello\r\nfrom the first", subject="Also")
    status, text = second.save(body="Hello from the second", html="<p>Mine</p>")
    assert status == 422
    assert "Somebody else has changed this meanwhile." in text
    assert "Hello<br>from the first" in text
    assert "Hello from the second</textarea>" in text
    template.refresh_from_db()
    assert (template.body, template.html) == ("Hello\r\nfrom the first", "<p>Hi</p>")
    assert second.save()[0] == 302
    template.refresh_from_db()
    assert (template.body, template.html) == ("Hello from the second", "<p>Mine</p>")
    assert template.subject == "Also"


def test_the_same_change_twice_is_no_conflict(member: Membership, template: Template) -> None:
    first, second = both(member, template)
    assert first.save(subject="Same")[0] == 302
    assert second.save(subject="Same ")[0] == 302


def test_what_was_filled_in_for_an_approver_that_is_gone_stays(
    member: Membership, template: Template
) -> None:
    approved = {"name": "spring", "language": "en", "parameters": []}
    Template.objects.filter(pk=template.pk).update(approved=approved)
    Channel.objects.filter(program=member.program).update(type="pigeon")
    assert Browser(member, template).save(subject="New")[0] == 302
    template.refresh_from_db()
    assert (template.subject, template.approved) == ("New", approved)


def test_a_form_that_remembers_nothing_usable_saves_as_it_stands(
    member: Membership, template: Template
) -> None:
    for seen in ("", "[", "[]", '{"body": 7}'):
        _status, text = Browser(member, template).save(seen=seen, subject=f"S{seen}")
        assert "Traceback" not in text
        template.refresh_from_db()
        assert template.subject == f"S{seen}"
