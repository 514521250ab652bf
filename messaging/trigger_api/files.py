"""Files in a request: `{"header": "name.pdf", "data": "data:application/pdf;base64,…"}`."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any
from urllib.parse import unquote_to_bytes

from django.utils.translation import gettext as _

from messaging.triggers.asked import FileAsked

from .problems import Refused, malformed

MOST_BYTES = 25 * 1024 * 1024  # of all files, once they are taken out of their texts
MOST_FILES = 20
LONGEST_NAME = 200
# Anything that a name of a file, or a header of a letter, had better not hold.
UNFIT = re.compile(r'[\x00-\x1f\x7f/\\<>:"|?*\u2028\u2029\u202a-\u202e\u2066-\u2069]+')
DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+)?((?:;[\w.+-]+=[^;,]*)*)(;base64)?,", re.IGNORECASE)
PLAIN = "text/plain"


def files_read(value: Any) -> tuple[FileAsked, ...]:
    """The files that go along; raises Refused for what is none, and for too many or too large ones."""
    if value in (None, ""):
        return ()
    if not isinstance(value, list):
        raise malformed(_("attach: must be a list of files."))
    if len(value) > MOST_FILES:
        raise malformed(_("attach: at most %(most)s files.") % {"most": MOST_FILES})
    texts = [_parts(place, one) for place, one in enumerate(value)]
    # Three bytes are four characters at most, so what is surely too large is never taken out of its text.
    if sum(len(data) for _name, data in texts) * 3 // 4 > MOST_BYTES + 1_000 * len(texts):
        raise _too_large()
    files = tuple(_file(place, name, data) for place, (name, data) in enumerate(texts))
    if sum(len(file.data) for file in files) > MOST_BYTES:
        raise _too_large()
    return files


def _parts(place: int, value: Any) -> tuple[str, str]:
    name = value.get("header") if isinstance(value, dict) else None
    data = value.get("data") if isinstance(value, dict) else None
    if not isinstance(name, str) or not isinstance(data, str):
        words = _("attach[%(place)s]: must be an object with the texts header and data.")
        raise malformed(words % {"place": place})
    name = UNFIT.sub(" ", name).strip(" .")
    if not name or len(name) > LONGEST_NAME:
        raise malformed(_("attach[%(place)s].header: must be the name of a file.") % {"place": place})
    return name, data


def _file(place: int, name: str, text: str) -> FileAsked:
    found = DATA_URL.match(text)
    if found is None:
        words = _("attach[%(place)s].data: must be a data URL, such as data:application/pdf;base64,…")
        raise malformed(words % {"place": place})
    content = text[found.end() :]
    try:
        data = (
            base64.b64decode(_without_blanks(content), validate=True)
            if found[3]
            else unquote_to_bytes(content)
        )
    except (binascii.Error, ValueError):
        raise malformed(_("attach[%(place)s].data: this is not base64.") % {"place": place}) from None
    return FileAsked(name, (found[1] or PLAIN).lower()[:100], data)


def _without_blanks(text: str) -> str:
    """The text without line breaks: XML writers like to fold long texts."""
    return "".join(text.split()) if re.search(r"\s", text) else text


def _too_large() -> Refused:
    return malformed(_("attach: the files are over 25 MB in all."))
