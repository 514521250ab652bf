"""ZIP files that are sent while they are being made: neither the file nor any of its parts is ever whole in memory."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator

Part = tuple[str, Iterable[bytes]]
PIECE = 64 * 1024


class _Sink(io.RawIOBase):
    """A file that can't be sought in, and that hands over what was written since the last look."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._written += data
        return len(data)

    def taken(self) -> bytes:
        """What was written since."""
        found = bytes(self._written)
        self._written.clear()
        return found


def zip_pieces(parts: Iterable[Part]) -> Iterator[bytes]:
    """The bytes of a ZIP file of these parts (name in the file, content in pieces), as they come to be."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, pieces in parts:
            with archive.open(name, "w", force_zip64=True) as part:
                for piece in pieces:
                    part.write(piece)
                    if found := sink.taken():
                        yield found
    yield sink.taken()
