"""The link by which a recipient opts out: signed, made for one person and one way to reach them, and good for ever."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.urls import reverse

from campaigns.states import ChannelType

from .tokens import token_is_ours, token_tag

SALT = "messaging.unsubscribing"


@dataclass(slots=True)  # not frozen, as what is made for each message: that takes three times as long
class Link:
    """Who may opt out by the link, of what, and the batch whose message it came with."""

    influencer_id: int
    channel_type: ChannelType
    batch_id: int


def link_token(link: Link) -> str:
    """The token of a link: numbers that mean nothing to anybody, and our signature."""
    content = f"{link.influencer_id}-{link.channel_type.value}-{link.batch_id}"
    return f"{content}.{token_tag(SALT, content)}"


def link_url(link: Link) -> str:
    """The whole address."""
    return link_base(settings.BASE_URL) + link_token(link) + "/"


def link_read(token: str) -> Link | None:
    """What a token stands for; None for one that we didn't make. Links of a former secret key are good as long as it is named."""
    content, _dot, tag = token.rpartition(".")
    if not token_is_ours(SALT, content, tag):
        return None
    influencer, channel_type, batch = content.split("-")
    return Link(int(influencer), ChannelType(channel_type), int(batch))


@lru_cache(maxsize=2)
def link_base(site: str) -> str:
    """What all links begin with."""
    return site + reverse("unsubscribe", kwargs={"token": "x"}).removesuffix("x/")
