"""What else to know before a member is removed. The apps above say it: this one knows nothing of what they have."""

from __future__ import annotations

from django.dispatch import Signal

from batchadmin.accounts.models import Membership

# Sent with `member`, the membership; a receiver answers with a sentence, or "".
removal_asked = Signal()


def notes_on(member: Membership) -> list[str]:
    """Every sentence that there is to say about this member."""
    return [words for _receiver, words in removal_asked.send(Membership, member=member) if words]
