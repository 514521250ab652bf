"""Long lists in pages: each answer has a cursor for the next one, so that nothing is skipped or repeated meanwhile."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from django.utils.translation import gettext as _
from pydantic import BaseModel, Field

from batchadmin.accounts.api.problems import Problem

MOST = 500
HIGHEST_ID = 2**63 - 1

Id = Annotated[int, Field(ge=1, le=HIGHEST_ID)]


class PageAsked(BaseModel):
    """Which page of a list."""

    limit: int = Field(50, ge=1, le=MOST, description="How many at most")
    cursor: str = Field("", max_length=100, description="`next` of the page before; empty for the first page")


def cursor_write(key: int) -> str:
    """The cursor of the page that goes on after `key`."""
    return base64.urlsafe_b64encode(f"after:{key}".encode()).decode().rstrip("=")


def cursor_read(cursor: str) -> int | None:
    """The key that a cursor stands for, None for none; raises Problem (400) for a text that is none of ours."""
    if not cursor:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode("ascii")
        mark, _colon, digits = text.partition(":")
        key = int(digits)
        if mark == "after" and 0 <= key <= HIGHEST_ID and cursor_write(key) == cursor:
            return key
    except (ValueError, binascii.Error):
        pass
    raise Problem(400, "invalid_cursor", _("This isn't a cursor. Send `next` of the page before, as it is."))


def page_document(
    found: Sequence[Any], *, limit: int, key: Callable[[Any], int], document: Callable[[Any], dict[str, Any]]
) -> dict[str, Any]:
    """A page of a list that was asked for one row more than `limit`, which tells whether there is a next page."""
    shown = found[:limit]
    following = cursor_write(key(shown[-1])) if len(found) > limit else None
    return {"items": [document(one) for one in shown], "next": following}
