"""What a file is, by how it begins: what a sender calls it is not believed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileType:
    """A kind of file that is kept: its type, its name's ending, and whether a browser can show it as a picture."""

    content_type: str
    ending: str
    is_picture: bool = False


JPEG = FileType("image/jpeg", "jpg", is_picture=True)
PNG = FileType("image/png", "png", is_picture=True)
GIF = FileType("image/gif", "gif", is_picture=True)
WEBP = FileType("image/webp", "webp", is_picture=True)
MP4 = FileType("video/mp4", "mp4")
THREE_GP = FileType("video/3gpp", "3gp")
M4A = FileType("audio/mp4", "m4a")
OFFICE = {
    b"word/": FileType("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    b"xl/": FileType("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    b"ppt/": FileType("application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx"),
}
BEGINNINGS: tuple[tuple[bytes, FileType], ...] = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"%PDF-", FileType("application/pdf", "pdf")),
    (b"OggS", FileType("audio/ogg", "ogg")),
    (b"ID3", FileType("audio/mpeg", "mp3")),
    (b"\xff\xfb", FileType("audio/mpeg", "mp3")),
    (b"\xff\xf1", FileType("audio/aac", "aac")),
    (b"#!AMR", FileType("audio/amr", "amr")),
)


def file_type_of(content: bytes) -> FileType | None:
    """The kind of this file; None for one that isn't kept: web pages, programs, what can't be told."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return WEBP
    if content[4:8] == b"ftyp":
        brand = content[8:11]
        return THREE_GP if brand == b"3gp" else M4A if brand == b"M4A" else MP4
    if content.startswith(b"PK\x03\x04"):
        return next((kind for part, kind in OFFICE.items() if part in content), None)
    return next((kind for beginning, kind in BEGINNINGS if content.startswith(beginning)), None)


PICTURES = frozenset(kind.content_type for kind in (JPEG, PNG, GIF, WEBP))
