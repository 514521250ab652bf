"""Fetching the files that people send: claimed by one worker, tried again for two hours, and said in the chat if it fails."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from batches.wake import wake_job
from messaging.file_types import FileType, file_type_of
from messaging.models import InboundFile
from messaging.news import HeardFile
from messaging.providers.fetching import FileFault
from messaging.providers.registry import provider_of
from messaging.providers.reporting import ReportingProvider
from messaging.states import FileState

from .attachments import name_clean

FILES = "messaging.jobs.files_serve"
AT_ONCE = 4
CLAIMED_FOR = timedelta(minutes=3)  # a worker that died has lost nothing: another one takes it up after this
WAITS = (
    5,
    30,
    120,
    600,
    3_600,
)  # seconds after the first attempt, the second …; after the last one it is given up

log = logging.getLogger("messaging.files")


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of fetching a file: its content and kind, or why not and whether another attempt may do better."""

    content: bytes = b""
    kind: FileType | None = None
    problem: str = ""
    again: bool = False


def files_note(files: Iterable[tuple[int, HeardFile]]) -> None:
    """Note the files of messages that are being kept, by the messages' ids; a worker fetches them after the commit."""
    rows = [
        InboundFile(
            message_id=message_id,
            reference=file.reference,
            name=name_clean(file.name) if file.name else "",
        )
        for message_id, file in files
    ]
    if rows:
        InboundFile.objects.bulk_create(rows)
        transaction.on_commit(lambda: wake_job(FILES))


def files_fetch() -> int:
    """Fetch some files that are due. Returns how many were tried."""
    files = files_claim()
    if not files:
        return 0
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for file, attempt in zip(files, threads.map(attempt_make, files), strict=True):
            attempt_report(file, attempt)
    return len(files)


@transaction.atomic
def files_claim() -> list[InboundFile]:
    """Some files that are due, for this worker alone for a while."""
    due = InboundFile.objects.due().select_for_update(of=("self",), skip_locked=True)
    files = list(due.select_related("message__chat__channel__program")[:AT_ONCE])
    ids = [file.pk for file in files]
    InboundFile.objects.filter(pk__in=ids).update(due_at=timezone.now() + CLAIMED_FOR)
    return files


def attempt_make(file: InboundFile) -> Attempt:
    """One attempt. Never raises, and never touches the database: it runs beside others."""
    try:
        provider = provider_of(file.message.chat.channel)
        if not provider.installed:
            return Attempt(problem=provider.problem(), again=True)
        if not isinstance(provider, ReportingProvider):
            return Attempt(problem=_("The channel is of another type by now."))
        content = provider.fetch(file.reference)
    except FileFault as fault:
        return Attempt(problem=str(fault), again=fault.again)
    except Exception as error:  # a file that breaks must not keep the others from being fetched
        log.exception("File %s can't be fetched", file.pk)
        return Attempt(problem=type(error).__name__, again=True)
    kind = file_type_of(content)
    if kind is None:
        return Attempt(
            problem=_("Files of this kind aren't kept: only pictures, films, sound and documents.")
        )
    return Attempt(content, kind)


@transaction.atomic
def attempt_report(file: InboundFile, attempt: Attempt) -> None:
    """Keep the file, or note when it is tried again, or that it isn't. Nothing is kept of somebody who was erased meanwhile."""
    if not InboundFile.objects.select_for_update().filter(pk=file.pk).exists():
        return
    file.attempts += 1
    if attempt.kind is not None:
        stem = file.name.rpartition(".")[0] or file.name or _("file")
        file.name = name_clean(f"{stem}.{attempt.kind.ending}")
        file.content_type, file.size = attempt.kind.content_type, len(attempt.content)
        file.file.save(f"{file.pk}.{attempt.kind.ending}", ContentFile(attempt.content), save=False)
        file.state, file.problem = FileState.KEPT, ""
    else:
        file.problem = attempt.problem[:300]
        if attempt.again and file.attempts <= len(WAITS):
            file.due_at = timezone.now() + timedelta(seconds=WAITS[file.attempts - 1])
        else:
            file.state = FileState.FAILED
    file.save()
