"""The kinds of batches that are installed, by their codes."""

from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from .kinds import Kind
from .models import BatchRequest


@cache
def kinds() -> dict[str, Kind]:
    """One instance of each class that `settings.BATCH_KINDS` names, by code."""
    found: dict[str, Kind] = {}
    for path in settings.BATCH_KINDS:
        kind: Kind = import_string(path)()
        found[kind.code] = kind
    return found


def kind_of(batch: BatchRequest) -> Kind:
    """The kind that does the work of a batch."""
    return kinds()[batch.kind]
