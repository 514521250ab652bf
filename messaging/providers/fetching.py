"""Getting files from providers: over the guarded client, of a size that may be kept, and never with a log-in to strangers."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

from django.utils.translation import gettext as _

from batchadmin.lib.outgoing import Found, OutgoingError, OutgoingRefused, OutgoingTooLarge, get

from .http_calls import LOOPBACK

MOST_BYTES = 25 * 1024 * 1024
AGAIN = frozenset({401, 403, 408, 425, 429})  # besides every 5xx; a log-in may be mended


class FileFault(Exception):
    """A file can't be had; the text says why. `again`: later it may be."""

    def __init__(self, words: str, *, again: bool) -> None:
        super().__init__(words)
        self.again = again


def fetched(url: str, *, headers: Mapping[str, str], follow: bool = False) -> bytes:
    """What is at this address; with `follow` also where it leads on to, once and without the headers. Raises FileFault."""
    found = _got(url, headers)
    if follow and found.status in (301, 302, 303, 307, 308):
        found = _got(urljoin(url, found.headers.get("location", "")), {})
    if found.status == 200:
        return found.content
    words = _("The provider answered HTTP %(status)s.") % {"status": found.status}
    raise FileFault(words, again=found.status in AGAIN or found.status >= 500)


def _got(url: str, headers: Mapping[str, str]) -> Found:
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise FileFault(_("It is only offered without encryption."), again=False)
    try:
        return get(url, headers=headers, most=MOST_BYTES)
    except OutgoingTooLarge:
        raise FileFault(_("It is larger than 25 MB."), again=False) from None
    except OutgoingRefused as refused:
        raise FileFault(str(refused), again=False) from None
    except OutgoingError as error:
        raise FileFault(str(error), again=True) from None
