"""The link by which a recipient opts out: signed, made for one person and one way to reach them, and good for ever."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from campaigns.states import ChannelType

SIGNER = Signer(salt="messaging.unsubscribing", sep=".")
HIGHEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Link:
    """Who may opt out by the link, of what, and the batch whose message it came with."""

    influencer_id: int
    channel_type: ChannelType
    batch_id: int


def link_token(link: Link) -> str:
    """The token of a link: numbers that mean nothing to anybody, and our signature."""
    return SIGNER.sign(f"{link.influencer_id}-{link.channel_type}-{link.batch_id}")


def link_url(link: Link) -> str:
    """The whole address."""
    return settings.BASE_URL + reverse("unsubscribe", kwargs={"token": link_token(link)})


def link_read(token: str) -> Link | None:
    """What a token stands for; None for one that we didn't make."""
    try:
        influencer, channel_type, batch = SIGNER.unsign(token).split("-")
        return Link(int(influencer), ChannelType(channel_type), int(batch))
    except (BadSignature, ValueError):
        return None
