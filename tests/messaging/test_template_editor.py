"""The template editor: what it saves and refuses, its preview, its files, and where a template is used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import Membership
from batches.models import BatchRequest
from campaigns.models import Campaign
from campaigns.services.campaigns import StageDraft, stages_change
from campaigns.states import Phase
from messaging.models import Attachment, Broadcast, Channel, Template
from messaging.services import broadcast_restart, template_copy
from messaging.states import Delivery
from tests.campaigns.factories import CampaignFactory
from tests.factories import MembershipFactory
from tests.messaging.factories import ChannelFactory, TemplateFactory, people, request_broadcast, smtp_channel

pytestmark = pytest.mark.django_db
Send = Callable[..., BatchRequest]
PDF = b"%PDF-1.7 a brief"


@pytest.fixture(autouse=True)
def files_folder(settings: Any, tmp_path: Path) -> None:
    """Files of a test are its own."""
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def browser(member: Membership, client: Client) -> Client:
    """The manager's browser, logged in."""
    client.force_login(member.user)
    return client


@pytest.fixture
def campaign(member: Membership) -> Campaign:
    """A campaign with stages Invited, Accepted and Paid."""
    return CampaignFactory.create(program=member.program)


@pytest.fixture
def channel(member: Membership) -> Channel:
    """A sandbox."""
    return ChannelFactory.create(program=member.program)


def save(browser: Client, member: Membership, template: Template | None = None, **fields: Any) -> Any:
    address = reverse("template-new", args=[member.program.slug])
    if template is not None:
        address = reverse("template", args=[member.program.slug, template.pk])
    base = {
        "name": "Welcome",
        "subject": "Hi",
        "body": "Hi {{ influencer.first_name }}",
        "delivery": "manual",
    }
    return browser.post(address, {**base, **fields})


def words(response: Any) -> str:
    return " ".join(response.content.decode().replace("&#x27;", "'").split())


def test_on_entering_a_stage_needs_a_channel_and_a_stage(browser: Client, member: Membership) -> None:
    page = save(browser, member, delivery="stage")
    assert page.status_code == 422
    assert "Pick the channel that it goes out by." in words(page)
    assert "Tick the stage, or stages, that it is for." in words(page)
    assert not Template.objects.exists()


def test_on_entering_a_stage_is_saved_with_who_switched_it_on(
    browser: Client, member: Membership, campaign: Campaign, channel: Channel
) -> None:
    stage = campaign.stages.get(name="Accepted")
    assert save(browser, member, delivery="stage", channel=channel.pk, stages=[stage.pk]).status_code == 302
    template = Template.objects.get()
    assert (template.delivery, list(template.stages.all())) == ("stage", [stage])
    assert template.automated_by == member.user
    page = browser.get(reverse("template", args=[member.program.slug, template.pk]))
    assert f"{campaign.name}: Accepted" in words(page).replace("<bdi>", "").replace("</bdi>", "")


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({}, "one of the two"),
        ({"on_date": "2030-05-04", "date_name": "event"}, "one of the two"),
        ({"on_date": "2020-05-04"}, "This day has passed."),
        ({"on_date": "someday"}, "Enter a valid date."),
        ({"date_name": "event day"}, "letters from a to z, digits and underscores"),
        ({"date_name": "event", "date_offset": "9999"}, "At most 365."),
        ({"date_name": "event", "body": "{{ stage.name }}"}, "no stage is chosen"),
    ],
)
def test_a_date_that_makes_no_sense_is_refused_in_words(
    browser: Client,
    member: Membership,
    campaign: Campaign,
    channel: Channel,
    fields: dict[str, Any],
    problem: str,
) -> None:
    page = save(browser, member, delivery="date", channel=channel.pk, campaign=campaign.pk, **fields)
    assert page.status_code == 422
    assert problem in words(page)


def test_a_stage_of_another_campaign_is_refused(
    browser: Client, member: Membership, campaign: Campaign, channel: Channel
) -> None:
    other = CampaignFactory.create(program=member.program)
    stage = other.stages.get(position=1)
    page = save(
        browser, member, delivery="stage", channel=channel.pk, campaign=campaign.pk, stages=[stage.pk]
    )
    assert "is a stage of another campaign" in words(page)


def test_nothing_of_another_program_can_be_picked(browser: Client, member: Membership) -> None:
    other = MembershipFactory.create().program
    foreign = ChannelFactory.create(program=other)
    stage = CampaignFactory.create(program=other).stages.get(position=1)
    page = save(browser, member, delivery="stage", channel=foreign.pk, stages=[stage.pk])
    assert page.status_code == 422
    assert not Template.objects.filter(program=member.program).exists()


def test_an_error_in_the_html_is_said_with_its_line(browser: Client, member: Membership) -> None:
    page = save(browser, member, html="<p>\n{{ influencer.frist_name }}</p>")
    assert "Line 2: no variable “frist_name”. Did you mean first_name?" in words(page)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("{% for i in (1..9) %}", "Line 1"),
        ("{{ influencer.first_name | safe }}", "no filter “safe”"),
        ("x" * 100_001, "At most 100,000 characters; these are 100,001."),
    ],
)
def test_what_does_not_parse_is_never_saved(
    browser: Client, member: Membership, body: str, problem: str
) -> None:
    page = save(browser, member, body=body)
    assert page.status_code == 422
    assert problem in words(page)


def test_html_goes_out_beside_the_text_with_values_escaped(
    member: Membership, send: Send, smtp_server: Any
) -> None:
    people(member, 1, first_name="<b>Zoe</b>")
    template = TemplateFactory.create(
        program=member.program,
        body="Hi {{ influencer.first_name }}",
        html="<p>Hi {{ influencer.first_name }}</p>",
    )
    send(request_broadcast(member, smtp_channel(member, smtp_server), template=template, body=template.body))
    (letter,) = smtp_server.messages
    html = letter.parsed.get_body(("html",)).get_content().strip()
    assert html == "<p>Hi &lt;b&gt;Zoe&lt;/b&gt;</p>"
    assert letter.text.strip() == "Hi <b>Zoe</b>"


def test_html_of_a_template_stays_behind_when_the_text_was_changed(member: Membership) -> None:
    people(member, 1)
    template = TemplateFactory.create(program=member.program, body="Hi", html="<p>Hi</p>")
    assert request_broadcast(member, template=template, body="Something else").html == ""
    assert request_broadcast(member, template=template, body="Hi\r\n").html == "<p>Hi</p>"


def test_files_go_along_and_stay_as_they_were(
    browser: Client, member: Membership, send: Send, smtp_server: Any
) -> None:
    people(member, 1)
    save(browser, member, added=[SimpleUploadedFile("Über brief.pdf", PDF, "application/pdf")])
    template = Template.objects.get()
    broadcast = request_broadcast(
        member, smtp_channel(member, smtp_server), template=template, body=template.body
    )
    save(browser, member, template)  # nothing kept: the file leaves the template, not the broadcast
    assert not template.attachments.exists()
    assert send(broadcast).status == "completed"
    (file,) = smtp_server.messages[0].parsed.iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("Über brief.pdf", PDF)


def test_a_restart_takes_html_and_files_along(member: Membership, send: Send, smtp_server: Any) -> None:
    people(member, 1)
    template = TemplateFactory.create(program=member.program, body="Hi", html="<p>Hi</p>")
    template.attachments.add(attachment(member))
    smtp_server.on_data = lambda message: "554 5.7.1 No" if message.number == 1 else None
    broadcast = request_broadcast(member, smtp_channel(member, smtp_server), template=template, body="Hi")
    send(broadcast)
    broadcast.refresh_from_db()
    again = broadcast_restart(broadcast=broadcast, by=member.user).broadcast
    assert again.html == "<p>Hi</p>"
    assert again.attachments.count() == 1


def attachment(member: Membership) -> Attachment:
    return Attachment.objects.create(
        program=member.program, name="brief.pdf", size=len(PDF), file=SimpleUploadedFile("brief.pdf", PDF)
    )


def test_thirty_megabytes_are_refused_and_nothing_is_kept(browser: Client, member: Membership) -> None:
    large = SimpleUploadedFile("film.mp4", b"x" * (30 * 1024 * 1024), "video/mp4")
    page = save(browser, member, added=[large])
    assert page.status_code == 422
    assert "the limit is 25 MB" in words(page)
    assert not Attachment.objects.exists()
    assert not Template.objects.exists()


def test_the_limit_is_for_the_whole_message_on_its_way(browser: Client, member: Membership) -> None:
    files = [SimpleUploadedFile(f"{number}.bin", b"x" * (10 * 1024 * 1024)) for number in range(2)]
    page = save(browser, member, added=files)
    assert "The message would be 27.4 MB on its way" in words(page)


def test_an_empty_file_is_refused(browser: Client, member: Membership) -> None:
    page = save(browser, member, added=[SimpleUploadedFile("empty.pdf", b"")])
    assert "The submitted file is empty." in words(page)


def test_a_file_is_downloaded_and_never_shown_as_a_page(browser: Client, member: Membership) -> None:
    page = browser.get(reverse("attachment", args=[member.program.slug, attachment(member).pk]))
    assert page["Content-Disposition"] == 'attachment; filename="brief.pdf"'
    assert page["Content-Type"] == "application/octet-stream"
    assert page["X-Content-Type-Options"] == "nosniff"


def test_a_copy_has_everything_and_goes_out_by_hand(
    member: Membership, campaign: Campaign, channel: Channel
) -> None:
    template = TemplateFactory.create(
        program=member.program, html="<p>Hi</p>", delivery=Delivery.STAGE, channel=channel
    )
    template.stages.add(campaign.stages.get(position=1))
    template.attachments.add(attachment(member))
    copy = template_copy(template=template, by=member.user)
    assert (copy.html, copy.delivery, copy.stages.count()) == ("<p>Hi</p>", "manual", 0)
    assert copy.attachments.count() == 1


def test_the_page_says_where_the_template_is_used(
    browser: Client, member: Membership, campaign: Campaign
) -> None:
    people(member, 1)
    template = TemplateFactory.create(
        program=member.program, campaign=campaign, delivery=Delivery.DATE, date_name="event", date_offset=-3
    )
    request_broadcast(member, template=template)
    page = words(browser.get(reverse("template", args=[member.program.slug, template.pk])))
    assert "3 days before “event” of each participant, from 07:00" in page
    assert "By 1 bulk message:" in page
    assert reverse("broadcast", args=[member.program.slug, Broadcast.objects.get().pk]) in page


def test_a_date_of_the_participant_and_the_link_can_be_written(member: Membership, send: Send) -> None:
    campaign = CampaignFactory.create(program=member.program)
    one, two = people(member, 2)
    campaign.participants.create(
        influencer=one, stage=campaign.stages.get(position=1), dates={"event": "2026-05-04"}
    )
    body = "{{ participant.dates.event }} {{ links.unsubscribe }}"
    batch = send(request_broadcast(member, body=body, campaign=campaign))
    items = {item.key: item for item in batch.items.all()}
    assert items[one.pk].status == "succeeded"
    assert (items[two.pk].status, items[two.pk].reason) == ("skipped", "missing_variable")


def test_a_stage_that_a_template_or_a_waiting_message_needs_is_not_taken_away(member: Membership) -> None:
    campaign = CampaignFactory.create(program=member.program)
    used, named, free = campaign.stages.order_by("-position")[:3]
    template = TemplateFactory.create(
        program=member.program, name="Welcome", delivery=Delivery.STAGE,
        channel=ChannelFactory.create(program=member.program),
    )  # fmt: skip
    template.stages.add(used)
    people(member, 1)
    request_broadcast(member, campaign=campaign, stage=named)

    def leave_out(stage: Any) -> None:
        others = campaign.stages.exclude(pk=stage.pk)
        drafts = [StageDraft(one.name, Phase(one.phase), one.pk) for one in others]
        stages_change(campaign=campaign, stages=drafts, by=member.user)

    with pytest.raises(ValidationError, match="The template “Welcome” goes out at this stage"):
        leave_out(used)
    with pytest.raises(ValidationError, match=r"The message “Your box.*” has still to go out"):
        leave_out(named)
    assert campaign.stages.filter(pk__in=[used.pk, named.pk]).count() == 2
    leave_out(free)
    template.stages.clear()
    leave_out(used)
    assert not campaign.stages.filter(pk=used.pk).exists()
