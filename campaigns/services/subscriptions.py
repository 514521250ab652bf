"""Further addresses of one influencer, as members of the program write them down."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from batchadmin.accounts.models import User
from batchadmin.accounts.services import audit_record
from campaigns.kept import opt_outs_restore
from campaigns.models import OptOut, Subscription
from campaigns.services.opt_outs import PersonsOwnChoice
from campaigns.states import SubscriptionKind

BY_HAND = "by hand"


def subscription_save(*, subscription: Subscription, by: User, **fields: Any) -> Subscription:
    """Write a new subscription, or change these fields of one: kind, address, provider, subscription_id, opted_in.

    Raises ValidationError by field for an address that is none or that somebody else has (naming them), and PersonsOwnChoice
    when it is to be opted in although the person chose to get nothing there.
    """
    is_new = subscription._state.adding
    was_in = not is_new and subscription.opted_in
    for name, value in fields.items():
        setattr(subscription, name, value)
    if is_new and not subscription.source:
        subscription.source = BY_HAND
    if subscription.opted_in and not was_in:
        _check_wish(subscription)
    _check(subscription)
    try:
        with transaction.atomic():
            subscription.save()
            opt_outs_restore(program_id=subscription.program_id, influencer_ids=[subscription.influencer_id])
            _note(subscription, by, "subscription.added" if is_new else "subscription.changed")
    except IntegrityError:  # somebody was quicker
        _check_free(subscription)
        raise
    return subscription


def subscription_remove(*, subscription: Subscription, by: User) -> None:
    """Forget a further address. What was sent to it stays in its chats."""
    with transaction.atomic():
        _note(subscription, by, "subscription.removed")
        subscription.delete()


def _note(subscription: Subscription, by: User, action: str) -> None:
    audit_record(
        program=subscription.program,
        actor=by,
        action=action,
        subject=subscription.influencer.name,
        influencer=subscription.influencer_id,
        kind=str(subscription.kind),
        address=str(subscription),
        opted_in=subscription.opted_in,
    )


def _check_wish(subscription: Subscription) -> None:
    """Raise PersonsOwnChoice if the person has opted out of everything that such an address is good for."""
    channels = SubscriptionKind(subscription.kind).channels
    own = OptOut.objects.filter(influencer=subscription.influencer, by_person=True, channel_type__in=channels)
    if channels and own.count() == len(channels):
        words = _(
            "%(name)s opted out in person. Only they can take that back, for instance by writing START."
        )
        raise PersonsOwnChoice({"opted_in": words % {"name": subscription.influencer.name}})


def _check(subscription: Subscription) -> None:
    if subscription.kind == SubscriptionKind.PUSH:
        subscription.address = ""
        needed = {name: getattr(subscription, name) for name in ("provider", "subscription_id")}
    else:
        subscription.provider = subscription.subscription_id = ""
        needed = {"address": subscription.address}
    missing = {name: [_("Write this.")] for name, value in needed.items() if not value.strip()}
    if missing:
        raise ValidationError(missing)
    try:
        subscription.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        if hasattr(error, "error_dict"):
            error.error_dict.setdefault("address", []).extend(error.error_dict.pop("__all__", []))
        raise
    _check_free(subscription)


def _check_free(subscription: Subscription) -> None:
    is_push = subscription.kind == SubscriptionKind.PUSH
    named = ("provider", "subscription_id") if is_push else ("kind", "address")
    same = {name: getattr(subscription, name) for name in named}
    others = Subscription.objects.filter(program=subscription.program, **same).exclude(pk=subscription.pk)
    other = others.select_related("influencer").first()
    if other is not None:
        words = _("{name} has this already.").format(name=other.influencer.name)
        raise ValidationError({named[-1]: [words]})
