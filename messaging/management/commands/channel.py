"""Channels, for support and scripts."""

import json
import math
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from batchadmin.accounts.commanding import program_named, refuse, requester_named
from messaging.management.asking import channel_named, words_of
from messaging.models import Channel
from messaging.providers.registry import provider_class
from messaging.providers.reporting import ReportingProvider, hook_url
from messaging.services import ChannelInvalid, channel_check, channel_save

OF_THE_CHANNEL = ("rate", "connections", "connections_in_all", "daily_limit")


class Command(BaseCommand):
    """channel list | add | check"""

    help = "List a program's channels, add one, or connect with one for real."

    def add_arguments(self, parser: CommandParser) -> None:
        """The words of the command line."""
        parser.add_argument("action", choices=["list", "add", "check"])
        parser.add_argument("--program", required=True, metavar="SLUG")
        parser.add_argument("--name")
        parser.add_argument("--type", help="smtp, sandbox …")
        parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="pairs")
        parser.add_argument("--by", metavar="EMAIL", help="who does it (default: the program's first owner)")
        parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what was asked; raises CommandError with the exit status."""
        program = program_named(options["program"])
        if options["action"] == "list":
            channels = Channel.objects.filter(program=program).in_order()
            self.say(options, [document(channel) for channel in channels])
        elif options["action"] == "add":
            self.add(program, options)
        else:
            self.connect(channel_named(program, options["name"]), options)

    def add(self, program: Any, options: dict[str, Any]) -> None:
        """Make the channel, or end with exit status 2 and what is wrong."""
        if not options["name"] or not options["type"]:
            refuse("A channel needs --name and --type.")
        chosen = pairs_read(options["pairs"])
        try:
            channel = channel_save(
                program=program,
                by=requester_named(program, options["by"]),
                name=options["name"],
                type=options["type"],
                rate=number(chosen, "rate"),
                connections=whole(number(chosen, "connections")),
                connections_in_all=whole(number(chosen, "connections_in_all")),
                daily_limit=whole(number(chosen, "daily_limit")),
                options={key: value for key, value in chosen.items() if key not in OF_THE_CHANNEL},
            )
        except ValidationError as error:
            refuse(words_of(error))
        self.say(options, document(channel))

    def connect(self, channel: Channel, options: dict[str, Any]) -> None:
        """Connect; ends with exit status 1 when that fails."""
        try:
            words, works = channel_check(channel=channel), True
        except ChannelInvalid as error:
            words, works = str(error), False
        if options["json"]:
            self.stdout.write(json.dumps({**document(channel), "works": works, "detail": words}))
            if not works:
                raise SystemExit(1)
        elif not works:
            raise CommandError(words, returncode=1)
        else:
            self.stdout.write(words)

    def say(self, options: dict[str, Any], found: Any) -> None:
        """Print JSON, or a line for each channel."""
        if options["json"]:
            self.stdout.write(json.dumps(found))
            return
        for one in found if isinstance(found, list) else [found]:
            rate = "as fast as it goes" if one["rate"] is None else f"{one['rate']:g}/s"
            self.stdout.write(f"{one['id']}  {one['name']}  {one['type']}  {one['status']}  {rate}")


def document(channel: Channel) -> dict[str, Any]:
    """What the command tells of a channel; never its secrets."""
    return {
        "id": channel.pk,
        "name": channel.name,
        "type": channel.type,
        "status": channel.status,
        "settings": channel.settings,
        "rate": channel.rate,
        "connections": channel.connections,
        "connections_in_all": channel.connections_in_all,
        "daily_limit": channel.daily_limit,
        "reports_to": hook_url(channel) if issubclass(provider_class(channel), ReportingProvider) else None,
        "paused_by": channel.paused_by,
        "pause_reason": channel.pause_reason,
    }


def pairs_read(pairs: list[str]) -> dict[str, str]:
    """KEY=VALUE pairs as a dictionary; ends the command for anything else."""
    found: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            refuse(f"“{pair}” is not KEY=VALUE.")
        found[key.strip()] = value
    return found


def number(chosen: dict[str, str], key: str) -> float | None:
    """A number of the channel's own; ends the command if it is none."""
    if not chosen.get(key):
        return None
    try:
        found = float(chosen[key])
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        refuse(f"{key} is a number, not “{chosen[key]}”.")
    return found


def whole(value: float | None) -> int | None:
    return None if value is None else int(value)
