"""Makes the demo program: log-ins, influencers, campaigns, channels, templates and broadcasts that really ran."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from batchadmin.accounts.models import Membership, Program, User
from batchadmin.accounts.services import member_add, program_create
from batchadmin.accounts.states import NotifyWhen, Role
from campaigns.models import Campaign, Influencer, OptOut, Participant
from campaigns.services import campaign_create
from campaigns.states import ChannelType
from campaigns.workflow import Mover, add, move
from messaging.models import Channel
from messaging.services import channel_save, template_save

from .people import people_made

SEED = 20_261
PEOPLE = (
    ("owner", Role.OWNER, "Olivia Owner"),
    ("manager", Role.MANAGER, "Ana Manager"),
    ("viewer", Role.VIEWER, "Victor Viewer"),
)
# Campaign: (share of all influencers, share of its people at each further stage).
CAMPAIGNS = (
    (
        "Spring gifting",
        0.8,
        {"Accepted": 0.15, "Confirmed": 0.09, "Posted": 0.06, "Paid": 0.03, "Dropped": 0.01},
    ),
    ("Summer launch", 0.25, {"Accepted": 0.2, "Confirmed": 0.05}),
)
TEMPLATES = (
    (
        "Invitation",
        "{{ influencer.first_name | default: 'Hello' }}, join {{ campaign.name }}",
        "Hi {{ influencer.first_name | default: 'there' }},\n\nwe would love to have you in {{ campaign.name }}."
        "\nAnswer this e-mail and you are in.\n\n{{ sender.name }}\n",
    ),
    (
        "Posting instructions",
        "How to post for {{ campaign.name }}",
        "Hi {{ influencer.first_name }},\n\nyour box is on its way in size {{ influencer.attributes.size }}."
        "\nPost by Sunday and tag us.\n\n{{ sender.name }}\n",
    ),
    (
        "Post approved",
        "Your post is approved",
        "Hi {{ influencer.first_name | default: 'there' }},\n\nwe love your post. Your fee is on its way."
        "\n\n{{ sender.name }}\n",
    ),
)


@dataclass
class Demo:
    """What there is now, and whether this call made it."""

    program: Program
    made: bool
    password: str | None = None
    users: list[User] = field(default_factory=list)


def demo_make(*, slug: str, influencers: int) -> Demo:
    """The demo program `slug` with everything but its broadcasts; one that exists is left as it is."""
    program = Program.objects.filter(slug=slug).first()
    if program is not None:
        return Demo(program, made=False, password=password_kept(), users=demo_users(program))
    with transaction.atomic():
        password = password_kept() or password_new()
        program, owner = members_made(slug, password)
        influencers_made(program, influencers)
        campaigns_made(program, owner)
        statistics_renew()
        channels_made(program, owner)
        for name, subject, body in TEMPLATES:
            template_save(program=program, by=owner, name=name, subject=subject, body=body)
    return Demo(program, made=True, password=password, users=demo_users(program))


def statistics_renew() -> None:
    """Let PostgreSQL know of the many new rows at once, or its first plans are made for empty tables."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE campaigns_influencer, campaigns_participant, campaigns_optout")


def demo_users(program: Program) -> list[User]:
    """The members of the program, owners first."""
    members = Membership.objects.filter(program=program).select_related("user").order_by("pk")
    return [membership.user for membership in members]


def members_made(slug: str, password: str) -> tuple[Program, User]:
    """The program and one log-in for each role."""
    name = _("Demo") if slug == "demo" else slug.replace("-", " ").title()
    created = program_create(
        name=name,
        slug=slug,
        owner_email="owner@example.com",
        owner_name="Olivia Owner",
        password=password,
        sender_name="Glow",
        sender_address="hello@glow.example.com",
        time_zone="Europe/Berlin",
    )
    for local, role, full_name in PEOPLE[1:]:
        email = f"{local}@example.com"
        is_new = not User.objects.filter(email=email).exists()
        user = member_add(
            program=created.program, email=email, role=role, by=created.user, full_name=full_name
        ).user
        if is_new:
            user.set_password(password)
            user.save()
    # On a new installation the demo's owner may look into the admin; beside real programs nobody made up may.
    if created.password and Program.objects.count() == 1:
        User.objects.filter(pk=created.user.pk).update(is_staff=True, is_superuser=True)
    # The broadcasts made here are nobody's own: no mail about them.
    mail_wanted(created.program, NotifyWhen.NEVER)
    return created.program, created.user


def mail_wanted(program: Program, when: NotifyWhen) -> None:
    """When the members of the program are told by e-mail that a batch of theirs has ended."""
    User.objects.filter(memberships__program=program).update(notify_when=when)


def influencers_made(program: Program, number: int) -> None:
    """The influencers, two in a hundred of whom want no e-mail."""
    Influencer.objects.bulk_create(people_made(program, number, SEED), batch_size=2_000)
    chosen = list(Influencer.objects.filter(program=program).order_by("pk").values_list("pk", flat=True))[
        11::50
    ]
    OptOut.objects.bulk_create(
        [
            OptOut(
                influencer_id=pk,
                channel_type=ChannelType.EMAIL,
                reason=_("unsubscribed by link") if index % 2 else _("replied STOP"),
            )
            for index, pk in enumerate(chosen)
        ],
        batch_size=2_000,
    )


def campaigns_made(program: Program, owner: User) -> None:
    """Campaigns with people at every stage, and their history."""
    everybody = list(Influencer.objects.filter(program=program).order_by("pk").values_list("pk", flat=True))
    for number, (name, part, further) in enumerate(CAMPAIGNS):
        campaign = campaign_create(program=program, name=name, by=owner)
        members = (
            everybody[number :: max(1, round(1 / part))]
            if part < 0.5
            else everybody[: int(len(everybody) * part)]
        )
        stages = {stage.name: stage for stage in campaign.stages.order_by("position")}
        first = next(iter(stages.values()))
        add(to_stage=first, influencer_ids=members, by=Mover.of(owner))
        start = 0
        for stage_name, share in further.items():
            if stage_name in stages:
                going = members[start : start + int(len(members) * share)]
                start += len(going)
                move(to_stage=stages[stage_name], seen_at=dict.fromkeys(going, first.pk), by=Mover.of(owner))


def channels_made(program: Program, owner: User) -> None:
    """Sandboxes: one as fast as it goes, one with a pace."""
    common = {"latency": "1", "refused": "0.4", "receipts_after": "2"}
    channel_save(program=program, by=owner, name="Sandbox", type="sandbox", options=common, connections=20)
    channel_save(
        program=program,
        by=owner,
        name="Sandbox, 80 a second",
        type="sandbox",
        options=common,
        rate=80,
        connections=8,
    )


def password_file() -> Path:
    return Path(settings.DATA_DIR) / "demo-password"


def password_kept() -> str | None:
    """The password that was made with the first demo here, if that file is still there."""
    file = password_file()
    return file.read_text().strip() if file.exists() else None


def password_new() -> str:
    """A random password, kept in a file that only its owner can read, so that it can be told again."""
    password = secrets.token_urlsafe(9)
    file = password_file()
    file.touch(mode=0o600)
    file.write_text(password + "\n")
    return password


def stage_counts(program: Program) -> list[dict[str, object]]:
    """The campaigns with how many stand at each stage."""
    campaigns = Campaign.objects.filter(program=program).order_by("pk")
    return [
        {
            "name": campaign.name,
            "stages": [
                {"name": stage.name, "count": Participant.objects.filter(stage=stage).count()}
                for stage in campaign.stages.order_by("position")
            ],
        }
        for campaign in campaigns
    ]


def channel_names(program: Program) -> list[dict[str, object]]:
    """The channels with their types."""
    return [
        {"name": channel.name, "type": channel.type}
        for channel in Channel.objects.filter(program=program).in_order()
    ]
