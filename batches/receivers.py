"""What this app answers when the floors below ask."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver
from django.utils.translation import ngettext

from batchadmin.accounts.leaving import removal_asked
from batchadmin.accounts.models import Membership
from batchadmin.lib.templatetags.ui import amount
from batches.models import BatchRequest


@receiver(removal_asked)
def batches_that_go_on(sender: Any, member: Membership, **kwargs: Any) -> str:
    """How many of the member's batch requests have not ended; nothing if all have."""
    theirs = BatchRequest.objects.visible_to(member).listed().live()
    count = theirs.filter(requester=member.user_id).count()
    words = ngettext(
        "{count} batch request of theirs has not ended, and goes on.",
        "{count} batch requests of theirs have not ended, and go on.",
        count,
    )
    return words.format(count=amount(count)) if count else ""
