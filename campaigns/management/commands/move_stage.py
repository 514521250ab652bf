"""manage.py move_stage: move everybody at one stage of a campaign to another."""

from __future__ import annotations

import sys
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from batchadmin.accounts.commanding import BAD_USAGE, program_named, requester_named
from batchadmin.accounts.models import Program
from batches.refusals import BatchRefused
from batches.waiting import batch_document, exit_status
from campaigns.audience import Selection
from campaigns.commanding import batches_wait, document_print, options_add
from campaigns.models import Campaign, Stage
from campaigns.services import stage_move_request


class Command(BaseCommand):
    """Exit status with --wait: 0 completed, 1 failed or stopped. Otherwise 0; 2 for bad usage."""

    help = "Move everybody at one stage of a campaign to another, as a batch request."

    def add_arguments(self, parser: CommandParser) -> None:
        """The command line, as docs and scripts rely on it."""
        options_add(parser)
        parser.add_argument("--campaign", required=True, metavar="C", help="its name or number")
        parser.add_argument("--from", required=True, metavar="S", dest="from_stage", help="name or number")
        parser.add_argument("--to", required=True, metavar="T", dest="to_stage", help="name or number")

    def handle(self, *args: Any, **options: Any) -> None:
        """Request the batch, and wait for it if told to."""
        program = program_named(options["program"])
        campaign = campaign_named(program, options["campaign"])
        origin, target = (stage_named(campaign, options[name]) for name in ("from_stage", "to_stage"))
        by = requester_named(program, options["by"])
        everybody = Selection(everything=True, filter=f"campaign={campaign.pk}&stage={origin.pk}")
        try:
            batch = stage_move_request(selection=everybody, from_stage=origin, to_stage=target, by=by)
        except (BatchRefused, ValidationError) as error:
            words = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
            raise CommandError(words, returncode=BAD_USAGE) from None
        batches_wait(self, [batch], wait=options["wait"])
        words = (
            f"Batch {batch.pk}, {batch.title}: {batch.status}, {batch.succeeded:,} of {batch.total:,} moved."
        )
        document_print(self, batch_document(batch), as_json=options["json"], words=words)
        if options["wait"]:
            sys.exit(exit_status(batch))


def campaign_named(program: Program, name: str) -> Campaign:
    """The program's campaign with this name or number; raises CommandError (exit status 2)."""
    campaigns = Campaign.objects.filter(program=program)
    found = campaigns.filter(name__iexact=name).first()
    if found is None and name.isascii() and name.isdecimal():
        found = campaigns.filter(pk=int(name)).first()
    if found is None:
        names = ", ".join(campaigns.order_by("name").values_list("name", flat=True)) or "none"
        raise CommandError(f"{program.name} has no campaign “{name}”. It has: {names}.", returncode=BAD_USAGE)
    return found


def stage_named(campaign: Campaign, name: str) -> Stage:
    """The campaign's stage with this name or number; raises CommandError (exit status 2)."""
    found = campaign.stages.filter(name__iexact=name).first()
    if found is None and name.isascii() and name.isdecimal():
        found = campaign.stages.filter(pk=int(name)).first()
    if found is None:
        names = ", ".join(campaign.stages.values_list("name", flat=True))
        raise CommandError(f"{campaign.name} has no stage “{name}”. It has: {names}.", returncode=BAD_USAGE)
    return found
