"""manage.py create_program NAME --owner EMAIL: a program and its first owner."""

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from batchadmin.accounts.services import Created, program_create


class Command(BaseCommand):
    """Makes a program without demo data. Exit status 0, or 2 for bad usage."""

    help = "Make a program and its first owner, who gets a log-in if they have none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The command line, as docs and scripts rely on it."""
        parser.add_argument("name", help="what people call the program")
        parser.add_argument("--owner", required=True, metavar="EMAIL", help="the first owner's log-in")
        parser.add_argument("--slug", default="", help="its short name in addresses (default: from the name)")
        parser.add_argument("--time-zone", default="UTC", help="an IANA time zone such as Europe/Berlin")
        parser.add_argument("--sender-name", default="", help="who messages come from (default: the name)")
        parser.add_argument("--sender-address", default="", metavar="EMAIL", help="where notices come from")
        parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it and say what was made; raises CommandError (exit status 2) when something is wrong."""
        try:
            created = program_create(
                name=options["name"],
                owner_email=options["owner"],
                slug=options["slug"],
                time_zone=options["time_zone"],
                sender_name=options["sender_name"],
                sender_address=options["sender_address"],
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages), returncode=2) from None
        self.stdout.write(as_json(created) if options["json"] else as_words(created))


def as_json(created: Created) -> str:
    """The document that scripts read; "password" is null when the owner had an account."""
    document = {
        "program": created.program.slug,
        "name": created.program.name,
        "owner": created.user.email,
        "password": created.password,
        "url": settings.BASE_URL,
    }
    return json.dumps(document)


def as_words(created: Created) -> str:
    """The same for people."""
    known = "as before" if created.password is None else created.password
    return (
        f"Program {created.program.name} is ready at {settings.BASE_URL}/p/{created.program.slug}/\n"
        f"Log-in:   {created.user.email}\n"
        f"Password: {known}"
    )
