"""Which channel a program's approved messages are of, and whether what somebody has filled in is what it wants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError

from batchadmin.accounts.models import Membership

from .approved import approved_clean, approved_fit
from .approved_forms import approved_given
from .models import Channel
from .providers.registry import provider_class
from .rendering import TemplateFault
from .services import offers_of


def approving_channel(membership: Membership, pk: str = "") -> Channel | None:
    """The channel with this id if it takes approved messages, else the first of the program that does; None for none."""
    channels = [
        one
        for one in Channel.objects.visible_to(membership).select_related("program").in_order()
        if provider_class(one).takes_approved
    ]
    return next((one for one in channels if str(one.pk) == pk), channels[0] if channels else None)


def approved_read(membership: Membership, given: Mapping[str, Any]) -> dict[str, Any]:
    """What is filled in, as it is kept, held against the list of what is approved; raises TemplateFault."""
    kept = approved_clean(given)
    if not kept:
        return {}
    offers = offers_of(approving_channel(membership))
    return approved_fit(kept, offers.named(kept["name"], kept["language"]))


def approved_of(membership: Membership, cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """What a form's fields say, as it is kept; raises ValidationError by field."""
    try:
        return approved_read(membership, approved_given(cleaned))
    except TemplateFault as fault:
        raise ValidationError({fault.field: str(fault)}) from fault
