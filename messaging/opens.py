"""How a message tells that it was opened, where no provider does: a picture with an address of its own, signed by us."""

from __future__ import annotations

import re
from functools import lru_cache
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from .models import Broadcast, Channel
from .news import News, Report
from .providers.registry import counts_opens, reports_deliveries
from .states import ReceiptWhat
from .tokens import token_is_ours, token_tag

SALT = "messaging.opens"
END_OF_BODY = re.compile(r"</body\s*>", re.IGNORECASE)


def pixel_url(channel: Channel, our_id: str) -> str:
    """The address of one message's picture. Who knows the addresses of others still can't make this one."""
    tag = token_tag(SALT, f"{channel.public_id}:{our_id}")
    return f"{pixel_base(settings.BASE_URL, channel.public_id)}{our_id}.{tag}/"


@lru_cache(maxsize=8)
def pixel_base(site: str, public_id: UUID) -> str:
    """What the addresses of all messages of a channel begin with."""
    return site + reverse("pixel", kwargs={"public_id": public_id, "token": "x"}).removesuffix("x/")


def pixel_put(html: str, url: str) -> str:
    """The HTML with the picture at its end. The empty text beside it keeps it from being read aloud."""
    picture = format_html('<img src="{}" width="1" height="1" alt="" border="0">', url)
    ends = list(END_OF_BODY.finditer(html))
    place = ends[-1].start() if ends else len(html)
    return f"{html[:place]}{picture}{html[place:]}"


def pixel_is_genuine(channel: Channel, token: str) -> bool:
    """Whether we made this address, for a message of this channel."""
    our_id, _dot, tag = token.rpartition(".")
    return token_is_ours(SALT, f"{channel.public_id}:{our_id}", tag)


def pixel_report(token: str) -> Report:
    """What a genuine address says: this message was read just now."""
    our_id, _dot, _tag = token.rpartition(".")
    return Report(news=[News(our_id, ReceiptWhat.READ, timezone.now())])


def broadcast_opens_counted(broadcast: Broadcast) -> bool:
    """Whether opening is all that is ever heard of these messages; also of those before the channel was told to stop."""
    if reports_deliveries(broadcast.channel):
        return False
    return bool(broadcast.read or (broadcast.html and counts_opens(broadcast.channel)))
