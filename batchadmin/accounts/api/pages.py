"""Long lists in pages: each answer has a cursor for the next one, so that nothing is skipped or repeated meanwhile."""

import base64
import binascii
from collections.abc import Callable
from typing import Annotated, Any

from django.db.models import QuerySet
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
    rows: QuerySet[Any, Any],
    asked: PageAsked,
    *,
    document: Callable[[Any], dict[str, Any]],
    key: str = "pk",
    newest_first: bool = False,
) -> dict[str, Any]:
    """The page of a list that was asked for: the rows behind its cursor, in the order of `key`, and the next one's cursor.

    One row more than the page has tells whether there is a next one. Raises Problem (400) for a cursor that is none of ours.
    """
    after = cursor_read(asked.cursor)
    if after is not None:
        rows = rows.filter(**{f"{key}__{'lt' if newest_first else 'gt'}": after})
    found = list(rows[: asked.limit + 1])
    shown = found[: asked.limit]
    following = cursor_write(getattr(shown[-1], key)) if len(found) > asked.limit else None
    return {"items": [document(one) for one in shown], "next": following}
