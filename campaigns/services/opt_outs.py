"""Recording that somebody doesn't want to be reached in some way, or can't be, and taking that back."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from batchadmin.accounts.models import User
from batchadmin.accounts.services import audit_record
from campaigns.kept import opt_out_unkeep
from campaigns.models import Influencer, OptChange, OptOut
from campaigns.states import ChannelType, OptOutSource
from campaigns.wishes import Wish, wish_of

LONGEST_REASON = 200


class PersonsOwnChoice(ValidationError):
    """The person opted out: nobody else can take that back."""


def opt_out_set(
    *,
    influencer: Influencer,
    channel_type: ChannelType | str,
    reason: str,
    by_person: bool,
    at: datetime | None = None,
    by: User | None = None,
) -> OptOut:
    """Record that the influencer is not to be reached this way; the first word stands, whoever repeats it.

    `by_person`: the person said so (STOP, an unsubscribe link), which nobody else may lift. What a manager noted, and
    a suppression, become the person's own when the person says so, too. `by` is the user who noted it.
    """
    kind, at, reason = ChannelType(channel_type), at or timezone.now(), reason[:LONGEST_REASON]
    source = OptOutSource.PERSON if by_person else OptOutSource.MANAGER
    values = {"reason": reason, "by_person": by_person, "at": at, "source": source, "address": ""}
    with transaction.atomic():
        opt_out, made = OptOut.objects.get_or_create(
            influencer=influencer, channel_type=kind, defaults=values
        )
        if not made and by_person and not opt_out.by_person:
            OptOut.objects.filter(pk=opt_out.pk).update(**values)
            opt_out.refresh_from_db()
            made = True
        if made:
            _note(influencer, kind, opted_out=True, source=source, reason=reason, by=by, at=at)
    return opt_out


def opt_out_lift(
    *,
    influencer: Influencer,
    channel_type: ChannelType | str,
    by: User | None,
    reason: str = "",
    at: datetime | None = None,
) -> bool:
    """Take an opt-out back: on the person's own word (`by` is None), or by a member, who answers for it.

    Returns whether there was one. Raises PersonsOwnChoice when a member tries to lift what the person chose.
    """
    kind = ChannelType(channel_type)
    with transaction.atomic():
        found = OptOut.objects.select_for_update().filter(influencer=influencer, channel_type=kind).first()
        if found is None:
            return False
        if by is not None and found.by_person:
            raise PersonsOwnChoice(
                _(
                    "%(name)s opted out in person. Only they can take that back, for instance by writing START."
                )
                % {"name": influencer.name}
            )
        found.delete()
        opt_out_unkeep(influencer=influencer, channel_type=kind)
        source = OptOutSource.MANAGER if by else OptOutSource.PERSON
        _note(influencer, kind, opted_out=False, source=source, reason=reason, by=by, at=at)
        audit_record(
            program=influencer.program,
            actor=by,
            action="opt_out.lifted",
            subject=influencer.name,
            influencer=influencer.pk,
            channel_type=str(kind),
        )
    return True


def wish_heed(
    *, influencer: Influencer, channel_type: ChannelType | str, text: str, at: datetime | None = None
) -> Wish | None:
    """Do what an incoming message asks for, if it is STOP or START in any of their forms; returns which it was."""
    wish = wish_of(text)
    said = _("replied %(word)s") % {"word": text.strip()[:40]}
    if wish is Wish.STOP:
        opt_out_set(influencer=influencer, channel_type=channel_type, reason=said, by_person=True, at=at)
    elif wish is Wish.START:
        opt_out_lift(influencer=influencer, channel_type=channel_type, by=None, reason=said, at=at)
    return wish


def _note(
    influencer: Influencer,
    kind: ChannelType,
    *,
    opted_out: bool,
    source: OptOutSource,
    reason: str,
    by: User | None,
    at: datetime | None,
) -> None:
    OptChange.objects.create(
        influencer=influencer,
        channel_type=kind,
        opted_out=opted_out,
        source=source,
        reason=reason[:LONGEST_REASON],
        by_user=by,
        at=at or timezone.now(),
    )
