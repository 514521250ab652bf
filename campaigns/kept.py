"""Opt-outs that outlive those who were erased: kept as keyed hashes of addresses, and set again for whoever has one later."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.models import AddressKey, Influencer, KeptOptOut, OptChange, OptOut
from campaigns.states import ChannelType, OptOutSource, SubscriptionKind

Address = tuple[ChannelType, str]


def opt_outs_keep(*, influencer: Influencer) -> int:
    """Remember the person's own opt-outs, for all their addresses, and the addresses that bounced. Returns how many."""
    kept: list[KeptOptOut] = []
    addresses = _addresses([influencer])[influencer.pk]
    key = _key(influencer.program_id, make=True)
    for opt_out in influencer.opt_outs.all():
        if opt_out.is_suppression:
            about = [opt_out.address]
        elif opt_out.by_person:
            about = [address for channel, address in addresses if channel == opt_out.channel_type]
        else:
            continue
        kept += [
            KeptOptOut(
                program_id=influencer.program_id,
                channel_type=opt_out.channel_type,
                digest=_digest(key, address),
                source=opt_out.source,
                at=opt_out.at,
            )
            for address in about
            if address
        ]
    KeptOptOut.objects.bulk_create(kept, ignore_conflicts=True)
    return len(kept)


def opt_outs_restore(*, program_id: int, influencer_ids: Sequence[int]) -> int:
    """Set the kept opt-outs of these influencers' addresses again, with the reason; part of whatever gave them the addresses.

    Returns how many were set. Costs one small query where nobody was ever erased with an opt-out.
    """
    if not influencer_ids or not KeptOptOut.objects.filter(program=program_id).exists():
        return 0
    key = _key(program_id)
    people = Influencer.objects.filter(pk__in=influencer_ids, program=program_id).present().order_by("pk")
    wanted = {
        (channel, _digest(key, address)): (pk, address)
        for pk, found in _addresses(people).items()
        for channel, address in found
    }
    kept = KeptOptOut.objects.filter(program=program_id, digest__in={digest for _channel, digest in wanted})
    set_again = 0
    for one in kept.order_by("pk"):
        if found := wanted.get((ChannelType(one.channel_type), one.digest)):
            set_again += _set(found[0], found[1], one)
    return set_again


def opt_out_unkeep(*, influencer: Influencer, channel_type: ChannelType) -> None:
    """Forget what is kept of the influencer's addresses for this way: it was taken back."""
    if KeptOptOut.objects.filter(program=influencer.program_id, channel_type=channel_type).exists():
        key = _key(influencer.program_id)
        addresses = _addresses([influencer])[influencer.pk]
        digests = [_digest(key, address) for channel, address in addresses if channel == channel_type]
        KeptOptOut.objects.filter(
            program=influencer.program_id, channel_type=channel_type, digest__in=digests
        ).delete()


def _set(influencer_id: int, address: str, kept: KeptOptOut) -> bool:
    bounced = kept.source == OptOutSource.BOUNCE
    words = _("messages came back before, to somebody who was erased since")
    if not bounced:
        words = _("opted out before their data was erased")
    with transaction.atomic():
        _opt_out, made = OptOut.objects.get_or_create(
            influencer_id=influencer_id,
            channel_type=kept.channel_type,
            defaults={
                "at": kept.at,
                "reason": words,
                "by_person": not bounced,
                "source": kept.source,
                "address": address if bounced else "",
            },
        )
        if made:
            OptChange.objects.create(
                influencer_id=influencer_id,
                channel_type=kept.channel_type,
                opted_out=True,
                source=kept.source,
                reason=words,
            )
    return made


def _addresses(people: Iterable[Influencer]) -> dict[int, list[Address]]:
    """Every address of these people, with each way that it is good for."""
    found: dict[int, list[Address]] = {}
    people = Influencer.objects.filter(pk__in=[one.pk for one in people]).prefetch_related("subscriptions")
    for person in people:
        mine = [(channel, person.address(channel)) for channel in ChannelType]
        for further in person.subscriptions.all():
            channels = SubscriptionKind(further.kind).channels
            mine += [(channel, further.address) for channel in channels]
        found[person.pk] = [(channel, address) for channel, address in mine if address]
    return found


def _key(program_id: int, *, make: bool = False) -> bytes:
    if make:
        AddressKey.objects.get_or_create(program_id=program_id, defaults={"secret": secrets.token_hex(32)})
    return bytes.fromhex(AddressKey.objects.get(program=program_id).secret)


def _digest(key: bytes, address: str) -> str:
    return hmac.new(key, address.encode(), hashlib.sha256).hexdigest()
