"""Keeping the files that go along with messages, through Django's storage."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.files.uploadedfile import UploadedFile

from batchadmin.accounts.models import Program
from messaging.models import Attachment

LONGEST_NAME = 200


def attachments_add(*, program: Program, files: Iterable[UploadedFile[bytes]]) -> list[Attachment]:
    """Keep these files; each is stored once and never changed."""
    return [
        Attachment.objects.create(
            program=program,
            name=name_clean(file.name or ""),
            content_type=(file.content_type or "application/octet-stream")[:100],
            size=file.size or 0,
            file=file,
        )
        for file in files
    ]


def name_clean(name: str) -> str:
    """The name of a file without folders and control characters, not too long, its ending kept."""
    plain = "".join(char for char in name.replace("\\", "/").rsplit("/", 1)[-1] if char.isprintable()).strip()
    stem, dot, ending = plain.rpartition(".")
    if not dot or len(ending) > 10:
        return plain[:LONGEST_NAME] or "file"
    return f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}"
