"""manage.py import_influencers FILE: import a CSV or XLSX file, as the pages do."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from batchadmin.accounts.commanding import BAD_USAGE, program_named, requester_named
from batchadmin.accounts.models import Program, User
from campaigns.commanding import batches_wait, document_print, options_add
from campaigns.importing.progress import import_document
from campaigns.models import Import
from campaigns.services import import_check, import_discard, import_prepare, import_start, import_upload
from campaigns.states import Identifier, Operation


class Command(BaseCommand):
    """Exit status with --wait: 0 when every row went in, 1 when one was rejected or a bulk failed or was stopped.

    Otherwise 0; 2 for bad usage, a file that is no table included.
    """

    help = "Import influencers from a CSV or XLSX file."

    def add_arguments(self, parser: CommandParser) -> None:
        """The command line, as docs and scripts rely on it."""
        parser.add_argument("file", metavar="FILE", type=Path)
        options_add(parser)
        parser.add_argument("--operation", choices=Operation.values, default=Operation.UPSERT.value)
        parser.add_argument(
            "--identifier",
            choices=Identifier.values,
            help="what finds an influencer (default: any that the file has)",
        )
        parser.add_argument(
            "--map", metavar="COL=FIELD", nargs="+", action="extend", default=[], help="what a column is"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, and do nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Upload, prepare, then check or run."""
        program = program_named(options["program"])
        by = requester_named(program, options["by"])
        columns = dict(_pair(text) for text in options["map"])
        imported = _upload(program, by, options["file"])
        try:
            import_prepare(
                imported=imported,
                columns=columns,
                operation=options["operation"],
                identifier=options["identifier"],
            )
            if options["dry_run"]:
                self._check(imported, as_json=options["json"])
                return
            bulks = import_start(imported=imported, by=by)
        except ValueError as error:  # FileProblem, MappingProblem, ImportProblem: each in plain words
            import_discard(imported=imported)
            raise CommandError(str(error), returncode=BAD_USAGE) from None
        batches_wait(self, [bulk.batch for bulk in bulks], wait=options["wait"])
        document = import_document(imported)
        document_print(self, document, as_json=options["json"], words=_words(document))
        if options["wait"]:
            sys.exit(0 if document["status"] == "completed" else 1)

    def _check(self, imported: Import, *, as_json: bool) -> None:
        result = import_check(imported=imported)
        import_discard(imported=imported)
        document = {"dry_run": True, "file": imported.file_name, "mapping": imported.mapping, **result}
        lines = [
            "Nothing saved. {created:,} new, {updated:,} change, {unchanged:,} the same, {rejected:,} rejected, "
            "of {rows:,} rows.".format(**document)
        ]
        lines += [
            f"Line {error['line']}  {error['column']}  {error['value']}  {error['reason']}"
            for error in document["errors"]
        ]
        document_print(self, document, as_json=as_json, words="\n".join(lines))


def _pair(text: str) -> tuple[str, str]:
    column, equals, field = text.rpartition("=")
    if not equals or not column.strip() or not field.strip():
        raise CommandError(f"--map wants COLUMN=FIELD, not “{text}”.", returncode=BAD_USAGE)
    return column.strip(), field.strip()


def _upload(program: Program, by: User, path: Path) -> Import:
    try:
        with path.open("rb") as file:
            return import_upload(program=program, by=by, file=file, name=path.name)
    except (OSError, ValueError) as error:
        words = f"{path}: {error.strerror}" if isinstance(error, OSError) else str(error)
        raise CommandError(words, returncode=BAD_USAGE) from None


def _words(document: dict[str, Any]) -> str:
    counts = document["members"]
    return (
        f"Import {document['id']}, {document['name']}: {document['status']}. {counts['created']:,} created, "
        f"{counts['updated']:,} updated, {counts['unchanged']:,} the same, {counts['rejected']:,} rejected."
    )
