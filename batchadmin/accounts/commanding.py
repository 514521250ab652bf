"""What the commands of every app ask of a command line: a program, and in whose name something is done."""

from __future__ import annotations

from typing import NoReturn

from django.core.management.base import CommandError

from .models import Membership, Program, User
from .states import Role

BAD_USAGE = 2


def refuse(words: object) -> NoReturn:
    """End the command with exit status 2 and these words."""
    raise CommandError(str(words), returncode=BAD_USAGE)


def program_named(slug: str) -> Program:
    """The program with this slug; ends the command, naming those that there are, if it's none of them."""
    program = Program.objects.filter(slug=slug).first()
    if program is None:
        known = ", ".join(Program.objects.order_by("slug").values_list("slug", flat=True)[:20])
        there_are = f"There are: {known}." if known else "There is none yet: make one with create_program."
        refuse(f"There is no program called {slug}. {there_are}")
    return program


def requester_named(program: Program, email: str | None) -> User:
    """The manager or owner with this address, or the program's first owner; ends the command if there is none."""
    if not email:
        return first_owner(program)
    members = Membership.objects.filter(program=program, user__is_active=True).select_related("user")
    member = members.filter(user__email=email.strip().lower()).first()
    if member is None or not member.may(Role.MANAGER):
        refuse(f"{email} is no manager or owner of {program.name}.")
    return member.user


def first_owner(program: Program) -> User:
    """Who has owned the program longest of those that can log in; ends the command if nobody does."""
    owners = Membership.objects.filter(program=program, role=Role.OWNER, user__is_active=True)
    owner = owners.select_related("user").order_by("pk").first()
    if owner is None:
        refuse(f"{program.name} has no owner who can log in. Say who does it: --by EMAIL")
    return owner.user
