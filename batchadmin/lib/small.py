"""Fewer bytes on the way: static files compressed once and kept, pages compressed as they go out."""

# WhiteNoise carries no types.
# mypy: disable-error-code="no-untyped-call,no-any-return"

from __future__ import annotations

import gzip
import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any
from wsgiref.headers import Headers

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile

ENDINGS = (".css", ".js", ".svg", ".json", ".txt")
LEAST_BYTES = 500  # below this there is nothing to win


class StaticFiles(WhiteNoiseMiddleware):
    """WhiteNoise, which serves compressed files only where somebody has put them beside the others: here it's done for it.

    The compressed files are kept in DATA_DIR/static, named after the file, its size and its time, so that each start but
    the first finds them there.
    """

    def get_static_file(self, path: str, url: str, stat_cache: Any = None) -> StaticFile:
        """The file with its headers, and its compressed form where that is smaller."""
        packed = packed_of(Path(path))
        if packed is None:
            return super().get_static_file(path, url, stat_cache)
        headers = Headers([])
        self.add_mime_headers(headers, path, url)
        self.add_cache_headers(headers, path, url)
        return StaticFile(path, headers.items(), encodings={"gzip": str(packed)})


def packed_of(path: Path) -> Path | None:
    """The compressed form of a static file, made if there is none yet; None where compressing wins nothing."""
    if path.suffix not in ENDINGS or not path.is_file():
        return None
    facts = path.stat()
    if facts.st_size < LEAST_BYTES:
        return None
    name = hashlib.sha256(f"{path}\0{facts.st_size}\0{facts.st_mtime_ns}".encode()).hexdigest()[:32]
    packed = Path(settings.DATA_DIR) / "static" / f"{name}.gz"
    if not packed.exists():
        packed.parent.mkdir(parents=True, exist_ok=True)
        number, draft = tempfile.mkstemp(dir=packed.parent)
        with os.fdopen(number, "wb") as file:
            file.write(gzip.compress(path.read_bytes(), 9, mtime=0))
        os.replace(draft, packed)  # whole or not at all, also with several processes that start at once
    return packed


class Pages(GZipMiddleware):
    """Compresses pages and pieces of pages. Files keep their way: a workbook is packed already, and exports stream."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """The response, compressed if it is HTML and the browser takes it so."""
        if not response.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)
