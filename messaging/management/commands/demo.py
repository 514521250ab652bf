"""Demo data."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from batchadmin.accounts.models import Membership
from batchadmin.accounts.states import NotifyWhen
from campaigns.models import Influencer
from messaging.demo.broadcasts import broadcasts_made
from messaging.demo.program import Demo, channel_names, demo_make, mail_wanted, stage_counts
from messaging.models import Broadcast


class Command(BaseCommand):
    """demo [--influencers N] [--program SLUG] [--json]"""

    help = "Make a demo program with influencers, campaigns and finished broadcasts. Running it again adds nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """The words of the command line."""
        parser.add_argument("--influencers", type=int, default=12_000, metavar="N")
        parser.add_argument("--program", default="demo", metavar="SLUG")
        parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it unless it's there, and say what there is."""
        demo = demo_make(slug=options["program"], influencers=options["influencers"])
        if demo.made:
            broadcasts_made(demo.program)
            mail_wanted(demo.program, NotifyWhen.ALWAYS)
        document = told(demo)
        self.stdout.write(json.dumps(document) if options["json"] else "\n".join(lines(document)))


def told(demo: Demo) -> dict[str, Any]:
    """What there is, as one document. A password is told while it's still the one that was made."""
    program = demo.program
    members = Membership.objects.filter(program=program).select_related("user").order_by("pk")
    broadcasts = Broadcast.objects.filter(batch__program=program).with_all().newest_first()
    return {
        "program": program.slug,
        "made": demo.made,
        "logins": [
            {"email": one.user.email, "role": one.role, "password": known_password(demo, one)}
            for one in members
        ],
        "influencers": Influencer.objects.filter(program=program).count(),
        "campaigns": stage_counts(program),
        "channels": channel_names(program),
        "broadcasts": [
            {"id": one.pk, "name": one.batch.name, "status": one.batch.status, "size": one.batch.total}
            for one in broadcasts[:20]
        ],
    }


def known_password(demo: Demo, membership: Membership) -> str | None:
    """The demo's password if the user still has it."""
    return demo.password if demo.password and membership.user.check_password(demo.password) else None


def lines(document: dict[str, Any]) -> list[str]:
    """The document for people."""
    said = "Made" if document["made"] else "It is there already; nothing was added:"
    found = [f"{said} program “{document['program']}” with {document['influencers']:,} influencers."]
    found += [
        f"  Log in as {one['email']} ({one['role']}), password {one['password'] or '(changed since)'}"
        for one in document["logins"]
    ]
    for campaign in document["campaigns"]:
        stages = ", ".join(f"{stage['name']} {stage['count']:,}" for stage in campaign["stages"])
        found.append(f"  Campaign {campaign['name']}: {stages}")
    found += [f"  Channel {one['name']} ({one['type']})" for one in document["channels"]]
    found += [
        f"  Broadcast {one['name']}: {one['status']}, {one['size']:,} people"
        for one in document["broadcasts"]
    ]
    return found
