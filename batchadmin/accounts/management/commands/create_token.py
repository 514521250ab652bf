"""manage.py create_token --program SLUG --role R: a key for another system."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from batchadmin.accounts.commanding import program_named
from batchadmin.accounts.services import token_create
from batchadmin.accounts.states import Role


class Command(BaseCommand):
    """Makes an API token and prints it once. Exit status 0, or 2 for bad usage."""

    help = "Make an API token for a program; its text is shown once and can't be had again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The command line, as docs and scripts rely on it."""
        parser.add_argument("--program", required=True, metavar="SLUG")
        parser.add_argument("--role", required=True, choices=Role.values, help="what the token may do")
        parser.add_argument("--name", default="Made by command", help="what people see in the list of tokens")
        parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it and print it; raises CommandError (exit status 2) when something is wrong."""
        program = program_named(options["program"])
        try:
            token, plaintext = token_create(
                program=program, role=Role(options["role"]), name=options["name"], by=None
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages), returncode=2) from None
        if options["json"]:
            document = {"token": plaintext, "name": token.name, "role": token.role, "program": program.slug}
            self.stdout.write(json.dumps(document))
        else:
            self.stdout.write(f"{plaintext}\nKeep it now: it isn't shown again.")
