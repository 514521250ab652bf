"""Handles in social networks, as people write them, made into the one form that is stored."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

NAMES = {  # as the networks write themselves
    "instagram": "Instagram",
    "tiktok": "TikTok",
    "youtube": "YouTube",
    "x": "X",
    "facebook": "Facebook",
    "twitch": "Twitch",
    "snapchat": "Snapchat",
    "pinterest": "Pinterest",
    "linkedin": "LinkedIn",
    "threads": "Threads",
}
NETWORKS = tuple(NAMES)
OTHER_NAMES = {
    "ig": "instagram",
    "insta": "instagram",
    "twitter": "x",
    "yt": "youtube",
    "fb": "facebook",
    "tik tok": "tiktok",
}
LONGEST = 100
_ADDRESS = re.compile(
    r"^(?:https?://)?(?:www\.|m\.)?[a-z0-9-]+\.(?:com|tv|net)/(?:in/|c/|channel/|add/|@)?([^/?#\s]+)",
    re.IGNORECASE,
)
# Some networks let a channel's name stand for its handle, so blanks are allowed inside.
_HANDLE = re.compile(r"^[^\s@/,;]+(?: [^\s@/,;]+)*$")


def network_clean(text: str) -> str:
    """The network's name in its one form: lower case, and one name for each."""
    name = " ".join(text.lower().split())
    return OTHER_NAMES.get(name, name)


def network_name(network: str) -> str:
    """A network for people: its own spelling, or what was entered."""
    return NAMES.get(network, network)


def handle_clean(text: str | None) -> str | None:
    """The handle without @ and without the address of a profile around it; None when there is none.

    It stays as it is written; compared it is by `handle_key`. Raises ValidationError for what can't be a handle.
    """
    written = (text or "").strip()
    address = _ADDRESS.match(written)
    handle = (address.group(1) if address else written).removeprefix("@").strip()
    if not handle:
        return None
    if len(handle) > LONGEST or not _HANDLE.match(handle):
        raise ValidationError(_("Not a handle. Write it like @zoem."), code="invalid_handle")
    return handle


def handle_key(handle: str) -> str:
    """What handles are compared by: the large networks don't tell upper from lower case."""
    return handle.lower()


def handles_clean(handles: Mapping[str, str | None] | None) -> dict[str, str]:
    """Handles by network in their one form; networks without a handle are left out. Raises ValidationError."""
    cleaned = {network_clean(network): handle_clean(handle) for network, handle in (handles or {}).items()}
    return {network: handle for network, handle in cleaned.items() if network and handle}
