"""A broadcast, for support and scripts."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from batchadmin.accounts.commanding import program_named, refuse, requester_named
from batchadmin.accounts.models import Program
from batches.engine.sweeper import workers_alive
from batches.refusals import BatchRefused
from batches.waiting import batch_document, exit_status, wait_until_ended
from campaigns.models import Campaign, Influencer, Stage
from messaging.management.asking import channel_named, template_named
from messaging.models import TIME_LIMIT, Broadcast
from messaging.rendering import TemplateFault
from messaging.services import broadcast_request


class Command(BaseCommand):
    """broadcast --program SLUG --channel NAME (--template NAME | --subject S --body B) …"""

    help = "Send a message to all influencers of a program, of a campaign, or at a stage."

    def add_arguments(self, parser: CommandParser) -> None:
        """The words of the command line."""
        parser.add_argument("--program", required=True, metavar="SLUG")
        parser.add_argument("--channel", required=True, metavar="NAME")
        parser.add_argument("--template", metavar="NAME")
        parser.add_argument("--subject", default=None)
        parser.add_argument("--body", default=None)
        parser.add_argument("--campaign", metavar="NAME")
        parser.add_argument("--stage", metavar="NAME")
        parser.add_argument("--all", action="store_true", help="all influencers of the program")
        parser.add_argument(
            "--by", metavar="EMAIL", help="who requests it (default: the program's first owner)"
        )
        parser.add_argument(
            "--time-limit", type=int, default=TIME_LIMIT, metavar="HOURS",
            help="from the start; what hasn't gone out by then is not sent (default: %(default)s)",
        )  # fmt: skip
        parser.add_argument("--wait", action="store_true", help="until it has ended")
        parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        """Request it, wait if asked to, tell of it; exit status 0, 1 (failed or stopped) or 2 (bad usage)."""
        broadcast = self.request(options)
        batch = broadcast.batch
        if options["wait"]:
            batch = wait_until_ended(batch)
        elif not workers_alive():
            self.stderr.write("No worker is running, so nobody will send it until one is: manage.py workers")
        document = {**batch_document(batch), "channel": broadcast.channel.name}
        if options["json"]:
            self.stdout.write(json.dumps(document))
        else:
            counts = document["counts"]
            said = ", ".join(
                f"{number:,} {name.replace('_', ' ')}" for name, number in counts.items() if number
            )
            self.stdout.write(f"Broadcast {batch.pk} “{batch.title}”: {batch.get_status_display()} ({said})")
        if options["wait"] and exit_status(batch):
            raise SystemExit(exit_status(batch))

    def request(self, options: dict[str, Any]) -> Broadcast:
        """The broadcast; ends the command for what can't be."""
        program = program_named(options["program"])
        channel = channel_named(program, options["channel"])
        template = template_named(program, options["template"]) if options["template"] else None
        if template is None and options["body"] is None:
            refuse("Say what to send: --template NAME, or --subject S --body B.")
        if template is not None and (options["subject"] is not None or options["body"] is not None):
            refuse("Give --template, or --subject and --body, not both.")
        campaign, stage = place_named(program, options["campaign"], options["stage"])
        if campaign is None and not options["all"]:
            refuse("Say to whom: --all, or --campaign C, perhaps with --stage S.")
        try:
            return broadcast_request(
                program=program,
                by=requester_named(program, options["by"]),
                channel=channel,
                subject=template.subject if template else options["subject"] or "",
                body=template.body if template else options["body"],
                template=template,
                audience=people_at(program, campaign, stage),
                campaign=campaign,
                stage=stage,
                time_limit=options["time_limit"],
            )
        except (BatchRefused, TemplateFault) as refused:
            refuse(refused)


def place_named(
    program: Program, campaign_name: str | None, stage_name: str | None
) -> tuple[Campaign | None, Stage | None]:
    """The campaign and the stage of these names; ends the command if one doesn't exist."""
    if not campaign_name:
        if stage_name:
            refuse("A stage belongs to a campaign: name it with --campaign.")
        return None, None
    campaign = Campaign.objects.filter(program=program, name=campaign_name).first()
    if campaign is None:
        refuse(f"There is no campaign “{campaign_name}” in “{program.slug}”.")
    if not stage_name:
        return campaign, None
    stage = campaign.stages.filter(name=stage_name).first()
    if stage is None:
        known = ", ".join(campaign.stages.values_list("name", flat=True))
        refuse(f"“{campaign_name}” has no stage “{stage_name}”. It has: {known}.")
    return campaign, stage


def people_at(program: Program, campaign: Campaign | None, stage: Stage | None) -> Any:
    """The influencers of the program, of the campaign, or at the stage."""
    people = Influencer.objects.filter(program=program).present()
    if stage is not None:
        return people.filter(participations__stage=stage)
    return people.filter(participations__campaign=campaign) if campaign is not None else people
