"""Documents in JSON, read as strictly as all JSON from other systems."""

from __future__ import annotations

import codecs
import json

from batchadmin.lib import strict_json

from .documents import Document, WireError, object_of


def json_read(body: bytes, charset: str = "") -> Document:
    """The document in the body; raises WireError."""
    try:
        value = strict_json.json_read(body.removeprefix(codecs.BOM_UTF8), charset or "utf-8")
    except strict_json.BadJson as error:
        raise WireError(str(error)) from None
    return object_of(value)


def json_write(document: Document) -> bytes:
    """The document in JSON."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
