"""Recording that somebody doesn't want to be reached in some way, and taking that back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from batchadmin.accounts.models import User
from batchadmin.accounts.services import audit_record
from campaigns.models import Influencer, OptOut
from campaigns.states import ChannelType


def opt_out_set(
    *,
    influencer: Influencer,
    channel_type: ChannelType | str,
    reason: str,
    by_person: bool,
    at: datetime | None = None,
) -> OptOut:
    """Record that the influencer is not to be reached this way; the first word stands, whoever repeats it.

    `by_person`: the person said so (STOP, an unsubscribe link), which no import may lift. What a manager noted
    becomes the person's own when the person says so, too.
    """
    with transaction.atomic():
        opt_out, made = OptOut.objects.get_or_create(
            influencer=influencer,
            channel_type=ChannelType(channel_type),
            defaults={"reason": reason[:200], "by_person": by_person, "at": at or timezone.now()},
        )
        if not made and by_person and not opt_out.by_person:
            opt_out.by_person, opt_out.reason, opt_out.at = True, reason[:200], at or timezone.now()
            opt_out.save()
    return opt_out


def opt_out_lift(*, influencer: Influencer, channel_type: ChannelType | str, by: User | None) -> bool:
    """Take an opt-out back: on the person's own word (`by` is None), or by a manager, who answers for it in the audit trail.

    Returns whether there was one.
    """
    with transaction.atomic():
        lifted, _rows = OptOut.objects.filter(
            influencer=influencer, channel_type=ChannelType(channel_type)
        ).delete()
        if lifted:
            audit_record(
                program=influencer.program,
                actor=by,
                action="opt_out.lifted",
                subject=influencer.name,
                influencer=influencer.pk,
                channel_type=str(channel_type),
            )
    return bool(lifted)
