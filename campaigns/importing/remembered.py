"""What a program's members have said of columns before: a heading that comes again is what they made of it the last time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from batchadmin.accounts.models import Program
from campaigns.importing.columns import MappingProblem, mapping_complete
from campaigns.models import Import

LOOKED_AT = 30  # of the imports that were started, the newest


@dataclass(frozen=True, slots=True)
class Remembered:
    """A mapping, and the name of the newest file that had a say in it; "" if none had."""

    mapping: dict[str, str]
    as_in: str = ""


def mapping_recall(program: Program, recognised: Mapping[str, str]) -> Remembered:
    """The recognised mapping with what people chose for these headings in earlier imports of the program.

    The newest import with a heading decides. What it recognised by itself is not remembered: the file's name, or its first
    values, may tell something else today. Two headings for one field leave everything as it is recognised.
    """
    chosen: dict[str, str] = {}
    decided: set[str] = set()
    as_in = ""
    started = Import.objects.filter(program=program, started_at__isnull=False).exclude(file_name="")
    for imported in started.order_by("-started_at").only("mapping", "source", "file_name")[:LOOKED_AT]:
        before = imported.source.get("recognised", {})
        for header in (recognised.keys() & imported.mapping.keys()) - decided:
            decided.add(header)
            field = imported.mapping[header]
            if field != before.get(header, field):
                chosen[header] = field
                as_in = as_in or imported.file_name
    try:
        return Remembered(mapping_complete(recognised, chosen), as_in)
    except MappingProblem:
        return Remembered(dict(recognised))
