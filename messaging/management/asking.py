"""What the commands of this app ask about: channels and templates by the names that a person types."""

from __future__ import annotations

from django.core.exceptions import ValidationError

from batchadmin.accounts.commanding import refuse
from batchadmin.accounts.models import Program
from messaging.models import Channel, Template


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
