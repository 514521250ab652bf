"""Documents in JSON, stricter than Python reads it: no repeated names, no NaN, no numbers without end."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from django.utils.translation import gettext as _

from .documents import Document, WireError, document_check, number_read, text_read, too_deep


def json_read(body: bytes, charset: str = "") -> Document:
    """The document in the body; raises WireError."""
    text = text_read(body, charset)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=number_read,
            parse_float=number_read,
            parse_constant=_refuse_constant,
        )
    except RecursionError:
        raise too_deep() from None
    except json.JSONDecodeError as error:
        words = _("This is not JSON: line %(line)s, column %(column)s: %(words)s.")
        details = {"line": error.lineno, "column": error.colno, "words": error.msg}
        raise WireError(words % details) from None
    return document_check(value)


def json_write(document: Document) -> bytes:
    """The document in JSON."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False).encode()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        left = set(found)
        for name, _value in pairs:
            if name not in left:
                raise WireError(_("“%(name)s” stands twice in the same object.") % {"name": name[:80]})
            left.remove(name)
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise WireError(_("%(name)s is not a number that JSON knows.") % {"name": name})
