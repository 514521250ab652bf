"""Everything that is held about one influencer, as a ZIP file: one JSON document, and the files that they sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.utils import timezone

from batchadmin.accounts.models import AuditEntry, User
from batchadmin.accounts.services import audit_record
from batchadmin.lib.zips import PIECE, Part, zip_pieces
from campaigns.held import Row, identifiers_of, sections_of
from campaigns.models import Influencer
from messaging.models import Attachment, AutomatedDelivery, InboundFile, Message
from messaging.personal.held import calls_of, misses_of, receipts_of, strays_of
from messaging.personal.launches import launches_about, launches_alone, sent_path
from messaging.states import FileState

DOCUMENT = "influencer.json"
MESSAGE = (
    "id", "direction", "status", "address", "subject", "body", "reason", "detail", "queued_at", "sent_at",
    "delivered_at", "read_at", "failed_at",
)  # fmt: skip


def influencer_export(*, influencer: Influencer, by: User) -> Iterator[bytes]:
    """The ZIP file in pieces, and an entry in the audit trail that `by` had it made. Memory doesn't grow with what there is."""
    audit_record(
        program=influencer.program,
        actor=by,
        action="influencer.exported",
        subject=influencer.name,
        influencer=influencer.pk,
    )
    return zip_pieces(_parts(influencer))


def _parts(person: Influencer) -> Iterator[Part]:
    yield DOCUMENT, _document(person)
    for file in _files(person).iterator():
        if file.file.storage.exists(str(file.file.name)):
            yield file_path(file), _content(file)
    for sent in Attachment.objects.filter(launches__in=launches_alone(person)).distinct().order_by("pk"):
        if sent.file.storage.exists(str(sent.file.name)):
            yield sent_path(sent), _content(sent)


def file_path(file: InboundFile) -> str:
    """Where a file stands in the ZIP file: its number makes it one of its own, whatever it is called."""
    return f"files/{file.pk}-{file.name.replace('/', '_')}"


def _files(person: Influencer) -> Any:
    files = InboundFile.objects.filter(message__chat__influencer=person, state=FileState.KEPT)
    return files.exclude(file="").order_by("pk")


def _content(file: InboundFile | Attachment) -> Iterator[bytes]:
    with file.file.open("rb") as opened:
        yield from iter(lambda: opened.read(PIECE), b"")


def _document(person: Influencer) -> Iterator[bytes]:
    """The JSON document, a row at a time."""
    encoder = DjangoJSONEncoder(ensure_ascii=False, indent=1)
    yield f'{{"exported_at": {encoder.encode(timezone.now())}'.encode()
    for name, rows in _sections(person):
        yield f',\n"{name}": '.encode()
        if isinstance(rows, dict):
            yield encoder.encode(rows).encode()
            continue
        yield b"["
        for number, row in enumerate(rows):
            yield ((",\n" if number else "\n") + encoder.encode(row)).encode()
        yield b"]"
    yield b"}\n"


def _sections(person: Influencer) -> Iterator[tuple[str, Row | Iterable[Row]]]:
    yield from sections_of(person)
    yield "messages", _messages(person)
    messages = Message.objects.filter(chat__influencer=person)
    words = ("what", "at", "reason", "detail")
    yield "receipts", _rows(receipts_of(person, messages), *words)
    named = identifiers_of(person)
    yield "messages_from_their_addresses", _rows(strays_of(person, named), "address", "name", "body", "at")
    deliveries = AutomatedDelivery.objects.filter(influencer=person)
    yield "sent_by_itself", _rows(deliveries, "template__name", "batch_id", "at")
    yield "launches", launches_about(person, named)
    yield (
        "values_without_a_launch",
        _rows(misses_of(person, named), "launch_id", "position", "value", "reason"),
    )
    wanted = ("launch_id", "hook__url", "custom_data", "state", "attempts")
    yield "calls_of_hooks", _rows(calls_of(person), *wanted)
    trail = AuditEntry.objects.filter(program=person.program_id, detail__influencer=person.pk)
    yield "audit_trail", _rows(trail, "at", "action", "subject", "detail")


def _rows(rows: QuerySet[Any], *columns: str) -> Iterator[Row]:
    return rows.order_by("pk").values(*columns).iterator()


def _messages(person: Influencer) -> Iterator[Row]:
    """Each message with its times, its channel, its batch and the files that came with it."""
    messages = Message.objects.filter(chat__influencer=person).select_related("chat__channel")
    for message in messages.prefetch_related("files").order_by("chat_id", "pk").iterator(chunk_size=200):
        files = [file_path(one) if one.file else one.name for one in message.files.all()]
        more = {"channel": message.chat.channel.name, "batch": message.batch_id, "files": files}
        yield {**{name: getattr(message, name) for name in MESSAGE}, **more}
