"""Two programs with one of everything each, and a person for every column of the table in docs/security.md.

Everything in the first program says MARK somewhere, so that any answer that leaks it can be told.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from batchadmin.accounts.models import Membership, User
from batchadmin.accounts.services import invitation_make, token_create
from batchadmin.accounts.states import Role
from batches.models import Notice
from batches.webhook_models import Webhook, WebhookDelivery
from campaigns.models import ImportBulk, Influencer, Participant, Subscription
from campaigns.services import import_check, import_upload
from messaging.models import ActionHook, Attachment, Chat, InboundFile, Message, Template
from messaging.states import FileState
from messaging.triggers.asked import LaunchAsked
from messaging.triggers.services import launch_request
from tests.api.conftest import caller_of
from tests.campaigns.factories import CampaignFactory
from tests.factories import MembershipFactory, UserFactory
from tests.messaging.factories import ChannelFactory, TemplateFactory, request_broadcast
from tests.messaging.triggers.factories import trigger_of

MARK = "Quetzal"  # in everything that the first program holds, and nowhere else


# What an address's `pk` names where that isn't the word with which the address's name begins; the longest counts.
NAMED = {
    "webhook-delivery": "delivery",
    "webhook-resend": "delivery",
    "trigger-hook-remove": "hook",
    "selection-move": "campaign",
    "selection-date": "campaign",
    "automation-template": "template",
    "automation-send-late": "template",
    "automation-leave-late": "template",
    "subscription-": "influencer",
    "import-drop": "dropped",  # its file is gone after the first time, whatever is undone in the database
}


@dataclass
class Place:
    """A program with one of everything; `things` are its rows by the first word of the addresses that name them."""

    mark: str
    owner: Membership = field(init=False)
    things: dict[str, Any] = field(default_factory=dict)
    join_token: str = ""

    def __post_init__(self) -> None:
        self.owner = MembershipFactory.create(role=Role.OWNER, program__name=f"{self.mark} program")
        self.program = self.owner.program
        self._people()
        self._messages()
        self._triggers()
        self._settings()

    @property
    def slug(self) -> str:
        return str(self.program.slug)

    def thing(self, name: str) -> Any:
        """The thing that the address of this name is about: its `pk` in an address is this one's."""
        beginnings = sorted((one for one in (*NAMED, *self.things) if name.startswith(one)), key=len)
        assert beginnings, f"Say in {__name__}.NAMED what the number in the address “{name}” names."
        return self.things[NAMED.get(beginnings[-1], beginnings[-1])]

    def _people(self) -> None:
        person = Influencer.objects.create(
            program=self.program,
            first_name=self.mark,
            email=f"{self.mark}@example.com".lower(),
            external_id=f"{self.mark}-1",
            handles={"instagram": self.mark.lower()},
            tags=[self.mark],
            attributes={"size": self.mark},
        )
        address = f"{self.mark}-3@example.com".lower()
        self.things["further-address"] = Subscription.objects.create(
            program=self.program, influencer=person, kind="email", address=address
        )
        campaign = CampaignFactory.create(program=self.program, name=f"{self.mark} campaign")
        stage = campaign.stages.get(position=1)
        Participant.objects.create(campaign=campaign, influencer=person, stage=stage)
        imported, dropped = (
            import_upload(
                program=self.program, by=self.owner.user, file=io.BytesIO(file), name=f"{self.mark}.csv"
            )
            for file in (f"Email\n{self.mark}@x.example\nno\n".encode(), b"Email\na@x.example\n")
        )
        import_check(imported=imported)
        rows = [{"properties": {"email": f"{self.mark}-2@example.com"}}]
        told = {"import_id": self.mark, "request_number": 1, "members": rows}
        answer = caller_of(self.owner).post("imports", told).json()
        bulk = ImportBulk.objects.get(batch=answer["bulk_id"])
        self.things |= {
            "influencer": person,
            "campaign": campaign,
            "stage": stage,
            "import": imported,
            "dropped": dropped,
            "bulk": bulk,
        }

    def _messages(self) -> None:
        person, program = self.things["influencer"], self.program
        channel = ChannelFactory.create(program=program, name=f"{self.mark} channel", type="sandbox")
        hooked = ChannelFactory.create(program=program, name=f"{self.mark} reports", type="twilio")
        template: Template = TemplateFactory.create(
            program=program, name=f"{self.mark} template", subject=self.mark, body=self.mark, html="<p>Hi</p>"
        )
        broadcast = request_broadcast(
            self.owner, channel, subject=f"{self.mark} subject", body=self.mark, template=template
        )
        chat = Chat.objects.create(program=program, channel=channel, influencer=person)
        message = Message.objects.create(chat=chat, body=self.mark, subject=self.mark, address=person.email)
        chat_file = InboundFile.objects.create(
            message=message,
            name=f"{self.mark}.png",
            state=FileState.KEPT,
            size=7,
            content_type="image/png",
            file=SimpleUploadedFile("b.png", self.mark.encode()),
        )
        attachment = Attachment.objects.create(
            program=program,
            name=f"{self.mark}.txt",
            size=7,
            content_type="text/plain",
            file=SimpleUploadedFile("a.txt", self.mark.encode()),
        )
        notice = Notice.objects.create(
            batch=self.things["bulk"].batch,
            user=self.owner.user,
            subject=self.mark,
            message_id=f"<{self.mark}@x>",
        )
        self.things |= {
            "channel": channel,
            "hooked": hooked,
            "template": template,
            "broadcast": broadcast,
            "batch": broadcast.batch,
            "chat": chat,
            "attachment": attachment,
            "chat-file": chat_file,
            "notice": notice,
        }

    def _triggers(self) -> None:
        trigger = trigger_of(
            self.owner, channel=self.things["channel"], name=f"{self.mark} trigger", body=self.mark
        )
        token, _text = token_create(
            program=self.program, role=Role.MANAGER, name=f"{self.mark} token", by=self.owner.user
        )
        asked = LaunchAsked(trigger.pk, ({"email": self.things["influencer"].email},))
        launch = launch_request(token=token, by=self.owner.user, asked=asked)
        hook = ActionHook.objects.create(
            trigger=trigger, url=f"https://{self.mark}.example/".lower(), secret="s"
        )
        self.things |= {"trigger": trigger, "token": token, "launch": launch, "hook": hook}

    def _settings(self) -> None:
        webhook = Webhook.objects.create(
            program=self.program,
            url=f"https://{self.mark}.example/".lower(),
            secret="s",
            created_by=self.owner.user,
        )
        delivery = WebhookDelivery.objects.create(
            webhook=webhook, event="completed", body=f'{{"x": "{self.mark}"}}'
        )
        member = MembershipFactory.create(
            program=self.program, role=Role.VIEWER, user__email=f"{self.mark}-seen@example.com".lower()
        )
        invited, self.join_token = invitation_make(
            program=self.program, email=f"{self.mark}-new@example.com", role=Role.VIEWER, by=self.owner.user
        )
        self.things["invitation"] = invited
        self.things |= {"webhook": webhook, "delivery": delivery, "member": member}


@dataclass
class World:
    """Both programs, and who asks: sessions by column for pages, tokens by column for the API."""

    mine: Place
    other: Place
    sessions: dict[str, SessionBase] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    browsers: dict[str, Client] = field(default_factory=dict)

    def client(self, who: str) -> Client:
        """A browser of that person's, as if it had just logged in: no request leaves anything to the next."""
        client = self.browsers.setdefault(who, Client())
        client.cookies.clear()
        if who in self.sessions:
            client.cookies["sessionid"] = str(self.sessions[who].session_key)
        return client


def make_world() -> World:
    world = World(Place(MARK), Place("Plain"))
    program = world.mine.program
    users: dict[str, User] = {
        "outsider": UserFactory.create(),
        "staff": UserFactory.create(is_staff=True, is_superuser=True),
        "owner": world.mine.owner.user,
        "manager": MembershipFactory.create(program=program, role=Role.MANAGER).user,
        "viewer": MembershipFactory.create(program=program, role=Role.VIEWER).user,
        "other": world.other.owner.user,
    }
    for who, user in users.items():
        client = Client()
        client.force_login(user)
        world.sessions[who] = client.session
    world.mine.things["session"] = users["owner"].sessions.get()
    for who in (Role.VIEWER, Role.MANAGER, Role.OWNER):
        world.tokens[who] = caller_of(world.mine.owner, who).token
    world.tokens["other"] = caller_of(world.other.owner, Role.OWNER).token
    return world
