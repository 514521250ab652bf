"""The file of an import, opened as a table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from django.utils.translation import gettext as _

from batchadmin.lib.csvfiles import FileProblem, Table, table_open
from campaigns.models import Import


@contextmanager
def import_table(imported: Import) -> Iterator[Table]:
    """The table that was uploaded, its rows to be read once. Raises FileProblem when it isn't kept any more."""
    gone = FileProblem(_("The file isn't kept any more. Upload it again."))
    if not imported.file:
        raise gone
    try:
        # Not the field's own file, of which there is one: two may read side by side.
        file = imported.file.storage.open(str(imported.file.name), "rb")
    except FileNotFoundError:
        raise gone from None
    with file:
        table = table_open(cast(BinaryIO, file), name=imported.file_name)
        try:
            yield table
        finally:
            table.close()
