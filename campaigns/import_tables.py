"""How imports are listed and told."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tables2 import Column

from batchadmin.lib.routes import address
from batchadmin.lib.tables import PageTable
from batchadmin.lib.templatetags.ui import NOT_MEASURED, amount, badge, when
from batches.presentation import StatusWord
from campaigns.importing.progress import MEMBERS, Progress, bulk_status, imports_progress
from campaigns.models import Import, ImportBulk
from campaigns.states import ImportState, RowFate

COLOURS = {"created": "green", "updated": "blue", "unchanged": "grey", "rejected": "red"}
STATUS_WORDS = {
    "queued": gettext_lazy("Waiting"),
    "processing": gettext_lazy("Working"),
    "completed": gettext_lazy("Finished"),
    "failed": gettext_lazy("Finished, not all of it"),
    "stopped": gettext_lazy("Stopped"),
}
STATUS_LOOKS = {
    "queued": ("clock", "grey"),
    "processing": ("player-play", "blue"),
    "completed": ("circle-check", "green"),
    "failed": ("circle-x", "orange"),
    "stopped": ("player-stop", "dark"),
}
NOT_STARTED_LOOKS = ("file-import", "grey")


_NOT_STARTED = {
    ImportState.DRAFT: gettext_lazy("It has not been started."),
    ImportState.CHECKING: gettext_lazy("Its rows are being checked; it has not been started."),
}


FATES_OF_FILE = [
    (RowFate.CREATED, gettext_lazy("Created")),
    (RowFate.UPDATED, gettext_lazy("Updated")),
    (RowFate.UNCHANGED, gettext_lazy("Same")),
    (RowFate.REJECTED, gettext_lazy("Rejected")),
]


class BulkTable(PageTable):
    """The bulks of an import."""

    caption = gettext_lazy("The bulks of this import")

    number = Column(verbose_name=gettext_lazy("Bulk"))
    rows_ = Column(verbose_name=gettext_lazy("Rows"), accessor="batch__total")
    status = Column(verbose_name=gettext_lazy("Status"), empty_values=())
    retries = Column(verbose_name=gettext_lazy("Retries"), accessor="batch__retries")

    class Meta(PageTable.Meta):
        fields = ("number", "rows_", "status", "retries")
        orderable = False
        empty_text = gettext_lazy("None yet.")

    @property
    def version(self) -> str:
        """A text that changes when what is shown of the bulks does."""
        shown = [(row.record.batch.status, row.record.batch.retries) for row in self.paginated_rows]
        return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]

    def render_number(self, value: int) -> str:
        return amount(value)

    def render_rows_(self, value: int) -> str:
        return amount(value)

    def render_status(self, record: ImportBulk) -> str:
        return str(bulk_status(record).label)


class ImportTable(PageTable):
    """The imports of a program."""

    caption = gettext_lazy("Imports, the newest first")
    file_columns = [
        (gettext_lazy("ID"), "import_id"),
        (gettext_lazy("File"), "file_name"),
        (gettext_lazy("Status"), lambda table, record: table.status_words(record)),
        *[
            (title, lambda table, record, fate=fate: table.progress(record).members.get(fate))
            for fate, title in FATES_OF_FILE
        ],
        (gettext_lazy("Requester"), "requester.email"),
        (gettext_lazy("Requested at"), "created_at"),
    ]

    name = Column(verbose_name=gettext_lazy("File"), empty_values=(), attrs={"td": {"class": "col-name"}})
    status = Column(verbose_name=gettext_lazy("Status"), empty_values=())
    size = Column(verbose_name=gettext_lazy("Rows"), empty_values=(), attrs={"td": {"class": "number"}})
    bulks = Column(verbose_name=gettext_lazy("Bulks"), empty_values=(), attrs={"td": {"class": "number"}})
    result = Column(verbose_name=gettext_lazy("Result"), empty_values=())
    requester = Column(verbose_name=gettext_lazy("Requester"))
    created_at = Column(verbose_name=gettext_lazy("Requested at"), orderable=True, order_by="pk")

    class Meta(PageTable.Meta):
        model = Import
        fields: tuple[str, ...] = ()
        orderable = False

    def __init__(self, *args: Any, program_slug: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.program_slug = program_slug
        self._progress: dict[int, Progress] = {}

    def before_render(self, request: HttpRequest) -> None:
        """Ask how all imports of the page stand, in one query."""
        self._progress = imports_progress([row.record for row in self.paginated_rows])

    def file_lot(self, records: Sequence[Import]) -> None:
        """How all imports of the lot stand, in one query."""
        self._progress = imports_progress(list(records))

    def progress(self, record: Import) -> Progress:
        """How an import of the page stands."""
        return self._progress[record.pk]

    def render_name(self, record: Import) -> SafeString:
        url = address("import", {"program": self.program_slug, "pk": record.pk})
        return format_html('<a href="{}"><bdi>{}</bdi></a>', url, str(record))

    def status_words(self, record: Import) -> str:
        """How far an import is, in words."""
        if record.started_at is None:
            return str(record.get_state_display())
        return str(STATUS_WORDS[self.progress(record).status])

    def render_status(self, record: Import) -> SafeString:
        is_started = record.started_at is not None
        icon, colour = STATUS_LOOKS[self.progress(record).status] if is_started else NOT_STARTED_LOOKS
        return badge(StatusWord(self.status_words(record), icon, colour))

    def render_size(self, record: Import) -> str:
        return amount(self.progress(record).counts["total"]) if record.started_at else NOT_MEASURED

    def render_bulks(self, record: Import) -> str:
        return amount(self.progress(record).bulks) if record.started_at else NOT_MEASURED

    def render_result(self, record: Import) -> str:
        return members_words(self.progress(record).members) if record.started_at else NOT_MEASURED

    def render_requester(self, record: Import) -> str:
        return str(record.requester.email)

    def render_created_at(self, value: Any) -> SafeString | str:
        return when(value)


def members_words(members: Mapping[str, int]) -> str:
    """What became of the rows, in one line."""
    words = _("{created} created, {updated} updated, {unchanged} the same, {rejected} rejected")
    return words.format(**{name: amount(members[name]) for name in MEMBERS})


def import_tallies(counts: Mapping[str, int], *, is_done: bool = False) -> list[dict[str, Any]]:
    """The four ends of a row, as components/tallies.html takes them: what would become of it, or what has."""
    return [
        {
            "label": ended if is_done else fate.label,
            "count": counts[fate.value],
            "url": f"#{fate.value}",
            "colour": COLOURS[fate.value],
        }
        for fate, ended in FATES_OF_FILE
    ]


def progress_tallies(progress: Progress) -> list[dict[str, Any]]:
    """What has become of the rows, and of those that nothing has: together they are all rows."""
    # A row that broke while it was written is a failed item, and no rejected one.
    counts = {**progress.members, RowFate.REJECTED.value: progress.counts["failed"]}
    waiting = progress.counts["pending"] + progress.counts["in_flight"]
    others = [(_("Waiting"), waiting, "blue"), (_("Not imported"), progress.counts["not_sent"], "dark")]
    return import_tallies(counts, is_done=True) + [
        {"label": label, "count": count, "url": "#bulks", "colour": colour}
        for label, count, colour in others
        if count
    ]


def outcome_sentence(imported: Import, progress: Progress) -> str:
    """What happened, in numbers: the first words of the page."""
    if imported.started_at is None:
        return str(_NOT_STARTED.get(ImportState(imported.state), _("It was never started.")))
    words = members_words(progress.members)
    left = progress.counts["total"] - progress.done
    if progress.is_live:
        return _("{words}, {left} wait.").format(words=words, left=amount(left))
    not_done = progress.counts["not_sent"]
    return (
        f"{words}."
        if not not_done
        else _("{words}, {left} not imported.").format(words=words, left=amount(not_done))
    )
