"""The kinds of batches that are installed, by their codes, and those that only a newer release knows."""

from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from .kinds import Kind, LaterKind
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
    """The kind that does the work of a batch; a `LaterKind`, which does nothing, for one that only a newer release knows."""
    return kinds().get(batch.kind, LaterKind())


def is_ours(batch: BatchRequest) -> bool:
    """Whether this release knows how to do the work of a batch. Another one is left alone, and never failed."""
    kind = kinds().get(batch.kind)
    return kind is not None and batch.needs_version <= kind.version


def versions() -> tuple[list[str], list[int]]:
    """The codes of all kinds, and beside each the highest version of its work that this release knows: two columns of SQL."""
    known = kinds()
    return list(known), [kind.version for kind in known.values()]
