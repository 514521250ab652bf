"""The files that go along with a broadcast: read once, kept for the slices that follow."""

from __future__ import annotations

from functools import lru_cache

from django.utils.translation import gettext as _

from .models import Attachment, Broadcast
from .providers.base import Enclosure
from .rendering import TemplateFault

MOST_BYTES = 25 * 1024 * 1024  # of the whole message as it goes out
IN_BASE64 = 1.37  # what a file grows by on the way: four characters for three bytes, and line ends


def enclosures_of(broadcast: Broadcast) -> tuple[Enclosure, ...]:
    """The files of a broadcast with their contents; none for those that have none."""
    return tuple(
        enclosure_read(pk) for pk in broadcast.attachments.order_by("pk").values_list("pk", flat=True)
    )


@lru_cache(maxsize=8)
def enclosure_read(attachment_id: int) -> Enclosure:
    """Attachments never change, so a worker reads each once."""
    attachment = Attachment.objects.get(pk=attachment_id)
    with attachment.file.open("rb") as file:
        return Enclosure(attachment.name, attachment.content_type, file.read())


def whole_size(*, texts: str, sizes: list[int]) -> int:
    """About how many bytes a message is on its way, with files of these sizes in bytes."""
    return len(texts.encode()) + round(sum(sizes) * IN_BASE64)


def size_check(*, texts: str, sizes: list[int]) -> None:
    """Raise TemplateFault for a message that no mail server would take."""
    size = whole_size(texts=texts, sizes=sizes)
    if size > MOST_BYTES:
        words = _(
            "The message would be %(size).1f MB on its way; the limit is 25 MB. Leave a file out, or link to it."
        )
        raise TemplateFault(words % {"size": size / 1024 / 1024}, "attachments")
