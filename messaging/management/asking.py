"""What the commands of this app ask about: programs, people and channels by the names that a person types."""

from __future__ import annotations

from typing import NoReturn

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from batchadmin.accounts.models import Membership, Program, User
from batchadmin.accounts.states import Role
from messaging.models import Channel, Template

BAD_USAGE = 2


def refuse(words: object) -> NoReturn:
    """End the command with exit status 2 and these words."""
    raise CommandError(str(words), returncode=BAD_USAGE)


def program_named(slug: str) -> Program:
    """The program with this slug; ends the command if there is none."""
    program = Program.objects.filter(slug=slug).first()
    if program is None:
        known = ", ".join(Program.objects.order_by("slug").values_list("slug", flat=True)[:20])
        refuse(
            f"There is no program “{slug}”. There are: {known or 'none yet; make one with create_program'}."
        )
    return program


def requester_of(program: Program, email: str | None) -> User:
    """The member with this address, or the program's first owner; ends the command if there is none."""
    members = Membership.objects.filter(program=program, user__is_active=True).select_related("user")
    if email:
        found = members.filter(user__email=email.strip().lower()).first()
        if found is None:
            refuse(f"{email} is no member of “{program.slug}”.")
        return found.user
    owner = members.filter(role=Role.OWNER).order_by("pk").first()
    if owner is None:
        refuse(f"“{program.slug}” has no owner. Name the requester with --by.")
    return owner.user


def channel_named(program: Program, name: str | None) -> Channel:
    """The channel of this name; ends the command if there is none."""
    channels = Channel.objects.filter(program=program)
    channel = channels.filter(name=name or "").select_related("program").first()
    if channel is None:
        known = ", ".join(channels.in_order().values_list("name", flat=True))
        refuse(f"There is no channel “{name or ''}” in “{program.slug}”. There are: {known or 'none yet'}.")
    return channel


def template_named(program: Program, name: str) -> Template:
    """The template of this name; ends the command if there is none."""
    template = Template.objects.filter(program=program, name=name).first()
    if template is None:
        known = ", ".join(Template.objects.filter(program=program).in_order().values_list("name", flat=True))
        refuse(f"There is no template “{name}” in “{program.slug}”. There are: {known or 'none yet'}.")
    return template


def words_of(error: ValidationError) -> str:
    """All that is wrong, in one line."""
    if hasattr(error, "error_dict"):
        return " ".join(f"{name}: {' '.join(words)}" for name, words in error.message_dict.items())
    return " ".join(error.messages)
