"""The end of an import: when its last bulk has ended, and the one word about it to whoever requested it."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from batchadmin.accounts.models import User
from batches.models import BatchRequest, Notice
from batches.notices import notice_add
from batches.states import ENDED
from campaigns.importing.progress import Progress, import_progress
from campaigns.models import Import
from campaigns.states import ImportState


def import_end_tell(*, import_id: int, stopped_by: User | None = None) -> Notice | None:
    """Write the notice of the import of a file if it has just ended, in the transaction at hand.

    None while something of it is still to be done, for an import that its own requester stopped, and for what other systems
    send: they add bulks as they like, and ask. Bulks that end at the same time wait here for one another.
    """
    locked = Import.objects.select_for_update(of=["self"], no_key=True).select_related("program", "requester")
    imported = locked.exclude(file_name="").filter(pk=import_id, state=ImportState.STARTED).first()
    if imported is None:
        return None
    if BatchRequest.objects.filter(import_bulk__parent=imported).exclude(status__in=ENDED).exists():
        return None  # nearly always, and sooner said than all of its counts
    progress = import_progress(imported)
    batches = BatchRequest.objects.filter(import_bulk__parent=imported, restarted_as=None)
    last = batches.select_related("program").order_by("-import_bulk__number").first()
    if progress.is_live or last is None or Notice.objects.filter(batch=last).exists():
        return None
    if stopped_by == imported.requester or batches.filter(stopped_by=imported.requester).exists():
        return None
    failed = progress.status != "completed"
    return notice_add(
        batch=last,
        user=imported.requester,
        subject=_subject(imported, progress),
        body=_body(imported, progress),
        failed=failed,
    )


def _status(progress: Progress) -> str:
    if progress.status == "completed":
        return _("Completed")
    return _("Stopped") if progress.status == "stopped" else _("Finished, not all of it")


def _subject(imported: Import, progress: Progress) -> str:
    line = f"{_status(progress)}: {_('import of {file}').format(file=imported)}"
    rejected = progress.members["rejected"]
    if rejected:
        line += " · " + _("{number} rejected").format(number=number_format(rejected))
    return line


def _body(imported: Import, progress: Progress) -> str:
    words = _("The import of {file} has ended: {status}.")
    page = reverse("import", kwargs={"program": imported.program.slug, "pk": imported.pk})
    counts = [
        (_("Created"), progress.members["created"]),
        (_("Updated"), progress.members["updated"]),
        (_("The same"), progress.members["unchanged"]),
        (_("Rejected"), progress.members["rejected"]),
        (_("Not imported"), progress.counts["not_sent"]),
    ]
    lines = [
        words.format(file=imported, status=_status(progress).lower()),
        "",
        f"{_('Rows')}: {number_format(progress.counts['total'])}",
        *(f"{label}: {number_format(count)}" for label, count in counts if count),
        "",
        settings.BASE_URL + page,
    ]
    return "\n".join(lines)
