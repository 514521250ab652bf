"""The program's own mail where no server takes it: kept in files, newest first, as Django's backend writes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime
from pathlib import Path

from django.conf import settings

from .env import FILE_BACKEND

END = b"-" * 79  # after each e-mail of a file


@dataclass(frozen=True, slots=True)
class KeptMail:
    """One e-mail as people read it; `at` is None where its file says no time."""

    to: str
    subject: str
    text: str
    at: datetime | None


def is_kept() -> bool:
    """Whether mail is kept here, and not handed to a server."""
    return bool(settings.EMAIL_BACKEND == FILE_BACKEND)


def mail_files() -> list[Path]:
    """All files that hold mail, the newest first: their names begin with the time."""
    folder = Path(settings.EMAIL_FILE_PATH)
    return sorted(folder.glob("*.log"), reverse=True) if folder.is_dir() else []


def mail_read(files: Sequence[Path]) -> list[KeptMail]:
    """The e-mails in these files, the newest first; one that is gone meanwhile is left out."""
    return [mail for file in files for mail in reversed(_mails_in(file))]


def _mails_in(file: Path) -> list[KeptMail]:
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return []
    return [_read(part) for part in content.split(b"\n" + END + b"\n") if part.strip()]


def _read(content: bytes) -> KeptMail:
    mail = message_from_bytes(content, policy=policy.default)
    body = mail.get_body(("plain",))
    return KeptMail(
        to=str(mail["To"] or ""),
        subject=str(mail["Subject"] or ""),
        text=str(body.get_content()) if body else "",
        at=parsedate_to_datetime(mail["Date"]).astimezone(UTC) if mail["Date"] else None,
    )
