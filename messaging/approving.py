"""Which channel a program's approved messages are of, and whether what somebody has filled in is what it wants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError

from batchadmin.accounts.models import Membership

from .approved import approved_clean, approved_fit
from .approved_forms import approved_given
from .models import Channel
from .providers.registry import provider_class
from .querysets import ChannelQuerySet
from .rendering import TemplateFault
from .services import offers_of


def channels_of(membership: Membership) -> ChannelQuerySet:
    """The channels of the program."""
    return Channel.objects.visible_to(membership).select_related("program").in_order()


def approving_channel(channels: Iterable[Channel], pk: str = "") -> Channel | None:
    """Of these the one with this id if it takes approved messages, else the first that does; None for none."""
    approving = [one for one in channels if provider_class(one).takes_approved]
    return next((one for one in approving if str(one.pk) == pk), approving[0] if approving else None)


def approved_read(membership: Membership, given: Mapping[str, Any]) -> dict[str, Any]:
    """What is filled in, as it is kept, held against the list of what is approved; raises TemplateFault."""
    kept = approved_clean(given)
    if not kept:
        return {}
    offers = offers_of(approving_channel(channels_of(membership)))
    return approved_fit(kept, offers.named(kept["name"], kept["language"]))


def approved_of(membership: Membership, cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """What a form's fields say, as it is kept; raises ValidationError by field."""
    try:
        return approved_read(membership, approved_given(cleaned))
    except TemplateFault as fault:
        raise ValidationError({fault.field: str(fault)}) from fault
