"""The templates that a new campaign starts with. Each is sent by hand until somebody decides otherwise."""

from __future__ import annotations

from django.utils.translation import gettext as _

from batchadmin.accounts.models import User
from campaigns.models import Campaign
from messaging.models import Template


def starters() -> list[tuple[str, str, str]]:
    """Name, subject and body of each."""
    # The texts are for influencers, in the words of nearly every programme; a missing first name has a default.
    return [
        (
            _("Invitation"),
            _("Join {{ campaign.name }}"),
            _(
                "Hi %(hello)s,\n\nwe would love to have you in {{ campaign.name }}."
                " Answer this message and you are in.\n\n{{ sender.name }}\n"
            ),
        ),
        (
            _("Posting instructions"),
            _("How to post for {{ campaign.name }}"),
            _(
                "Hi %(hello)s,\n\nyou are in {{ campaign.name }}. Before you post, please read this: show the product,"
                " say that it is an ad, and tag us.\n\n{{ sender.name }}\n"
            ),
        ),
        (
            _("Reminder to post"),
            _("Your post for {{ campaign.name }}"),
            _(
                "Hi %(hello)s,\n\nwe are looking forward to your post for {{ campaign.name }}."
                " If anything keeps you from it, just answer.\n\n{{ sender.name }}\n"
            ),
        ),
        (
            _("Post approved"),
            _("Your post is approved"),
            _("Hi %(hello)s,\n\nwe love your post. Thank you!\n\n{{ sender.name }}\n"),
        ),
        (
            _("Payment on its way"),
            _("Your fee for {{ campaign.name }}"),
            _("Hi %(hello)s,\n\nyour fee for {{ campaign.name }} is on its way.\n\n{{ sender.name }}\n"),
        ),
    ]  # fmt: skip


def starters_create(*, campaign: Campaign, by: User) -> list[Template]:
    """Give the campaign its first templates, under names that are free in the program. Part of the campaign's transaction."""
    taken = set(Template.objects.filter(program=campaign.program_id).values_list("name", flat=True))
    made = [
        Template(
            program=campaign.program,
            campaign=campaign,
            name=_free(f"{name}, {campaign.name}", taken),
            subject=subject,
            body=body % {"hello": "{{ influencer.first_name | default: 'there' }}"},
        )
        for name, subject, body in starters()
    ]
    return Template.objects.bulk_create(made)


def _free(name: str, taken: set[str]) -> str:
    """The name, or with a number behind it, no longer than a name may be."""
    for number in range(1, len(taken) + 2):
        ending = "" if number == 1 else f" ({number})"
        candidate = name[: 120 - len(ending)] + ending
        if candidate not in taken:
            break
    taken.add(candidate)
    return candidate
