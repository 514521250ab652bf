"""Channels and templates: made, changed, paused, and refused in words where one looks."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from batchadmin.accounts import throttling
from batchadmin.accounts.models import AuditEntry, Membership
from batchadmin.accounts.states import Role
from messaging.breaker import channel_broke
from messaging.models import Channel, Template
from messaging.services import channel_pause, channel_resume, channel_save
from tests.factories import MembershipFactory
from tests.fixtures.smtp import SmtpServer
from tests.messaging.factories import QUIET, ChannelFactory, TemplateFactory, people

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_db")]


@pytest.fixture
def owner(client: Client) -> Membership:
    found: Membership = MembershipFactory.create(role=Role.OWNER)
    client.force_login(found.user)
    return found


def smtp_form(server: SmtpServer, **fields: object) -> dict[str, object]:
    return {
        "name": "Office",
        "connections": 4,
        "host": server.host,
        "port": server.port,
        "security": "none",
        **fields,
    }


def test_a_program_cannot_connect_as_often_as_one_who_looks_for_open_ports(
    client: Client, owner: Membership, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttling, "CHECKS_PER_MINUTE", 2)
    monkeypatch.setattr(throttling, "MINUTE", 10**9)  # no minute ends while this is tried
    url = reverse("channel-new", args=[owner.program.slug, "smtp"])
    assert "Connected to" in client.post(url, smtp_form(smtp_server), follow=True).content.decode()
    check = reverse("channel-check", args=[owner.program.slug, Channel.objects.get().pk])
    assert "Connected to" in client.post(check, follow=True).content.decode()
    assert "that was done too often" in client.post(check, follow=True).content.decode()
    said = client.post(url, smtp_form(smtp_server, name="Another"), follow=True).content.decode()
    assert "that was done too often" in said
    assert Channel.objects.count() == 2  # what was entered is kept all the same
    other = MembershipFactory.create(role=Role.OWNER)
    client.force_login(other.user)
    url = reverse("channel-new", args=[other.program.slug, "smtp"])
    assert "Connected to" in client.post(url, smtp_form(smtp_server), follow=True).content.decode()


def test_a_channel_is_saved_and_connected_to_at_once(
    client: Client, owner: Membership, smtp_server: SmtpServer
) -> None:
    url = reverse("channel-new", args=[owner.program.slug, "smtp"])
    text = client.post(url, smtp_form(smtp_server, rate="80"), follow=True).content.decode()
    assert "Connected to 127.0.0.1" in text
    channel = Channel.objects.get()
    assert (channel.rate, channel.settings["port"]) == (80.0, smtp_server.port)


def test_whole_numbers_are_shown_without_a_point(client: Client, owner: Membership) -> None:
    channel = ChannelFactory.create(program=owner.program, rate=80.0, settings={**QUIET, "delivered": 96.0})
    url = reverse("channel", args=[owner.program.slug, channel.pk])
    form = client.get(url).content.decode()
    assert 'value="80"' in form
    assert 'value="96"' in form
    client.force_login(MembershipFactory.create(program=owner.program, role=Role.VIEWER).user)
    assert "<bdi>96</bdi>" in client.get(url).content.decode()


def test_a_cap_for_all_workers_together_is_set_shown_and_taken_away(
    client: Client, owner: Membership
) -> None:
    channel = ChannelFactory.create(program=owner.program, settings=QUIET)
    url = reverse("channel", args=[owner.program.slug, channel.pk])

    def save(cap: str) -> int:
        form = {"name": channel.name, "connections": "4", **QUIET, "connections_in_all": cap}
        return client.post(url, form).status_code

    assert save("20") == 302
    channel.refresh_from_db()
    assert (channel.connections, channel.connections_in_all) == (4, 20)
    assert 'name="connections_in_all" value="20"' in client.get(url).content.decode()
    assert [save(wrong) for wrong in ("0", "10001", "many")] == [422, 422, 422]
    viewer = MembershipFactory.create(program=owner.program, role=Role.VIEWER).user
    client.force_login(viewer)
    assert shown(client, url).endswith(">20</div></div>")
    client.force_login(owner.user)
    assert save("") == 302
    channel.refresh_from_db()
    assert channel.connections_in_all is None
    client.force_login(viewer)
    assert shown(client, url).endswith(">no limit</div></div>")


def shown(client: Client, url: str) -> str:
    """The line of a channel's page that says how many may go at once in all."""
    page = client.get(url).content.decode()
    return next(line for line in page.splitlines() if "all workers together" in line).strip()


def test_a_server_that_is_down_is_said_when_the_channel_is_saved(
    client: Client, owner: Membership, smtp_server: SmtpServer
) -> None:
    url = reverse("channel-new", args=[owner.program.slug, "smtp"])
    text = client.post(url, smtp_form(smtp_server, port=1), follow=True).content.decode()
    assert "The connection could not be made" in text


def test_a_password_is_kept_encrypted_is_never_shown_and_stays_when_left_empty(
    client: Client, owner: Membership, smtp_server: SmtpServer
) -> None:
    url = reverse("channel-new", args=[owner.program.slug, "smtp"])
    client.post(url, smtp_form(smtp_server, username="glow", password="hunter2hunter2"))
    channel = Channel.objects.get()
    page = reverse("channel", args=[owner.program.slug, channel.pk])
    assert "hunter2" not in client.get(page).content.decode()
    client.post(page, smtp_form(smtp_server, username="glow", password="", name="Renamed"))
    channel.refresh_from_db()
    assert (channel.name, channel.secrets["password"]) == ("Renamed", "hunter2hunter2")
    with connection.cursor() as cursor:
        cursor.execute("SELECT secrets FROM messaging_channel")
        assert "hunter2" not in cursor.fetchone()[0]


def test_a_pause_that_came_while_a_channel_was_being_saved_stays(owner: Membership) -> None:
    channel = ChannelFactory.create(program=owner.program)
    opened = Channel.objects.get(pk=channel.pk)
    channel_broke(channel=channel, reason="provider_silent", words="no answer")
    channel_save(
        program=owner.program,
        by=owner.user,
        name="Renamed",
        type="sandbox",
        options={},
        rate=5,
        channel=opened,
    )
    channel.refresh_from_db()
    assert (channel.name, channel.rate) == ("Renamed", 5)
    assert (channel.status, channel.paused_by, channel.faults) == ("paused", "fault", 1)
    assert channel.next_try_at is not None


def test_a_limit_that_somebody_else_set_meanwhile_is_not_put_back(client: Client, owner: Membership) -> None:
    channel = ChannelFactory.create(program=owner.program, rate=80, daily_limit=500)
    page = reverse("channel", args=[owner.program.slug, channel.pk])
    form = client.get(page).context["form"]
    shown = {name: "" if form[name].value() is None else form[name].value() for name in form.fields}
    Channel.objects.filter(pk=channel.pk).update(rate=20, daily_limit=100)
    assert client.post(page, {**shown, "name": "Renamed", "daily_limit": 700}).status_code == 302
    channel.refresh_from_db()
    assert (channel.name, channel.rate, channel.daily_limit) == ("Renamed", 20, 700)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "Taken"}, "already exists"),
        ({"port": "70000"}, "65535"),
        ({"host": ""}, "required"),
        ({"host": "127.0.0.1\r\nRCPT TO:<x@example.com>"}, "Only the server&#x27;s name"),
        ({"host": "https://mail.example.com/"}, "Only the server&#x27;s name"),
        ({"rate": "-1"}, "At least 0.01."),
        ({"security": "magic"}, "valid choice"),
    ],
)
def test_what_is_wrong_with_a_channel_is_said_at_its_field(
    client: Client, owner: Membership, smtp_server: SmtpServer, fields: dict[str, object], words: str
) -> None:
    ChannelFactory.create(program=owner.program, name="Taken")
    url = reverse("channel-new", args=[owner.program.slug, "smtp"])
    response = client.post(url, smtp_form(smtp_server, **fields))
    assert response.status_code == 422
    assert words in response.content.decode()
    assert Channel.objects.count() == 1


def test_a_channel_is_paused_with_the_consequence_and_resumed(client: Client, owner: Membership) -> None:
    channel = ChannelFactory.create(program=owner.program)
    url = reverse("channel-pause", args=[owner.program.slug, channel.pk])
    assert "0 messages wait" in client.get(url).content.decode()
    client.post(url)
    channel.refresh_from_db()
    assert (channel.status, channel.paused_by) == ("paused", "person")
    client.post(reverse("channel-resume", args=[owner.program.slug, channel.pk]))
    channel.refresh_from_db()
    assert channel.status == "active"


def test_an_unknown_type_of_channel_is_not_found(client: Client, owner: Membership) -> None:
    assert client.get(reverse("channel-new", args=[owner.program.slug, "pigeon"])).status_code == 404


def test_a_template_that_does_not_parse_is_not_saved_and_says_where(
    client: Client, owner: Membership
) -> None:
    url = reverse("template-new", args=[owner.program.slug])
    response = client.post(url, {"name": "A", "subject": "", "body": "Hi\n{% if x"})
    assert response.status_code == 422
    assert "Line 2" in response.content.decode()
    assert not Template.objects.exists()


def test_a_template_is_saved_changed_and_copied(client: Client, owner: Membership) -> None:
    url = reverse("template-new", args=[owner.program.slug])
    client.post(url, {"name": "A", "subject": "", "body": "Hi {{ influencer.first_name }}"})
    template = Template.objects.get()
    client.post(
        reverse("template", args=[owner.program.slug, template.pk]),
        {"name": "B", "subject": "S", "body": "Yo"},
    )
    template.refresh_from_db()
    assert (template.name, template.body) == ("B", "Yo")
    for _press in range(2):
        client.post(reverse("template-copy", args=[owner.program.slug, template.pk]))
    assert set(Template.objects.values_list("name", flat=True)) == {"B", "B (copy)", "B (copy 2)"}


def test_two_templates_cannot_have_one_name(client: Client, owner: Membership) -> None:
    TemplateFactory.create(program=owner.program, name="A")
    response = client.post(reverse("template-new", args=[owner.program.slug]), {"name": "A", "body": "x"})
    assert response.status_code == 422


def test_the_preview_follows_what_is_written(client: Client, owner: Membership) -> None:
    people(owner, 1, first_name="Ana")
    url = reverse("template-preview", args=[owner.program.slug])
    assert "Hi Ana" in client.post(url, {"body": "Hi {{ influencer.first_name }}"}).content.decode()
    assert "Did you mean" in client.post(url, {"body": "{{ influencer.frist_name }}"}).content.decode()


def test_pausing_and_resuming_again_is_not_written_down_again(owner: Membership) -> None:
    channel = ChannelFactory.create(program=owner.program)
    for service in (channel_pause, channel_pause, channel_resume, channel_resume):
        service(channel=channel, by=owner.user)
    done = AuditEntry.objects.filter(subject=channel.name).order_by("pk").values_list("action", flat=True)
    assert list(done) == ["channel.paused", "channel.resumed"]
