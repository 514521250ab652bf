"""Imports: upload, columns, check, run, result."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from batchadmin.accounts.access import MemberRequest, member_required, refuse
from batchadmin.accounts.states import Role
from batchadmin.lib.exports import csv_response
from batchadmin.lib.htmx import render_confirm, render_live
from batchadmin.lib.listing import render_list
from batchadmin.lib.tables import table_configure
from batchadmin.lib.templatetags.ui import amount
from campaigns.import_tables import BulkTable, ImportTable, outcome_sentence, progress_tallies
from campaigns.importing.progress import Progress, errors_first, import_progress
from campaigns.importing.rejected import rejected_header, rejected_rows
from campaigns.list_filters import ImportFilter
from campaigns.models import Import
from campaigns.models.imports import IN_HAND
from campaigns.services import import_discard, import_restart, import_stop
from campaigns.states import ImportState
from campaigns.views.import_steps import columns_page, import_find

ERRORS_SHOWN = 25  # on a phone each takes a quarter of the screen; the file has all of them


@require_GET
@member_required()
def imports(request: MemberRequest) -> HttpResponseBase:
    """The program's imports, the newest first."""
    narrowed = ImportFilter(request, Import.objects.visible_to(request.membership))
    rows = narrowed.qs.select_related("requester").newest_first()
    table = ImportTable(rows, program_slug=request.membership.program.slug)
    table_configure(request, table)
    return render_list(request, "campaigns/imports.html", {"table": table, "filter": narrowed})


@require_http_methods(["GET", "POST"])
@member_required()
def import_page(request: MemberRequest, pk: int) -> HttpResponse:
    """An import as it stands: its columns before the start (POST has the rows checked), its progress and result after."""
    found = import_find(request, pk)
    if request.method == "POST" and not request.membership.may_manage:
        return refuse(request, Role.MANAGER)
    if request.membership.may_manage and found.state == ImportState.DRAFT:
        return columns_page(request, found)
    if request.membership.may_manage and found.state == ImportState.CHECKING:
        return redirect("import-check", program=request.membership.program.slug, pk=pk)
    return _result(request, found)


def _result(request: MemberRequest, found: Import) -> HttpResponse:
    progress = import_progress(found)
    bulks = found.bulks.select_related("batch").defer("errors").order_by("number")
    table = table_configure(request, BulkTable(bulks))
    is_live = found.state in IN_HAND or (progress.is_live and found.state == ImportState.STARTED)
    context = {
        "imported": found,
        "progress": progress,
        "tallies": progress_tallies(progress),
        "table": table,
        "errors": errors_first(found, most=ERRORS_SHOWN) if progress.members["rejected"] else [],
        "sentence": outcome_sentence(found, progress),
        "is_draft": found.state in (ImportState.DRAFT, ImportState.CHECKING),
        "may_restart": not progress.is_live and _is_kept(found) and progress.counts["not_sent"] > 0,
        "live": is_live,
    }
    facts = (progress.status, progress.done, found.state, progress.bulks, found.rows_seen, table.version)
    return render_live(
        request, "campaigns/import.html", context, version="-".join(map(str, facts)), ended=not is_live
    )


def _begun(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    """The rows, of which the first has been read: what is wrong with the file shows before the answer begins."""
    first = next(rows, None)
    return chain([] if first is None else [first], rows)


def _is_kept(found: Import) -> bool:
    return found.state == ImportState.STARTED and found.erased_at is None


@require_GET
@member_required()
def import_rejected(request: MemberRequest, pk: int) -> HttpResponseBase:
    """The rejected rows as a file, to be mended and uploaded again; gone a day after the import."""
    found = import_find(request, pk)
    if found.state == ImportState.ERASED or not found.file:
        raise Http404(_("The rows of this import have been erased, as the page says."))
    try:
        rows = _begun(rejected_rows(found))
    except ValueError as error:  # it isn't kept any more, or can't be read
        raise Http404(str(error)) from None
    return csv_response(f"{found.file_name} rejected", rejected_header(found), rows)


@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def import_halt(request: MemberRequest, pk: int) -> HttpResponse:
    """Ask, then stop what has not been done yet."""
    found = import_find(request, pk)
    if request.method == "POST":
        if not import_stop(imported=found, by=request.user):
            messages.error(request, _("It has ended already, so there is nothing left to stop."))
        return redirect("import", program=request.membership.program.slug, pk=pk)
    progress = import_progress(found)
    if not (progress.is_live or found.state in IN_HAND):
        return _lead(request, found, _("It has ended already, so there is nothing left to stop."))
    context = {
        "title": _("Stop the import of “{file}”?").format(file=found.file_name),
        "consequence": _stop_consequence(progress),
        "confirm_label": _("Stop now"),
        "cancel_label": _("Keep importing"),
        "cancel_url": request.path.removesuffix("stop/"),
        "danger": True,
        "live_seconds": 2,
    }
    return render_confirm(request, context)


def _lead(request: MemberRequest, found: Import, words: str) -> HttpResponse:
    """To the import's page, which says why nothing was asked; also from within a dialog."""
    messages.info(request, words)
    page = reverse("import", kwargs={"program": request.membership.program.slug, "pk": found.pk})
    return HttpResponseClientRedirect(page) if request.htmx else redirect(page)


def _stop_consequence(progress: Progress) -> str:
    """How many rows stay, and how many are not imported."""
    left = progress.counts["total"] - progress.done
    stays = ngettext("{done} row is done and stays.", "{done} rows are done and stay.", progress.done)
    rest = ngettext("{left} row won't be imported.", "{left} rows won't be imported.", left)
    said = stays.format(done=amount(progress.done)) if progress.done else _("No row is done yet.")
    return f"{said} {rest.format(left=amount(left))}"


@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def import_anew(request: MemberRequest, pk: int) -> HttpResponse:
    """Ask, then import what was stopped or given up. A second click finds it started."""
    found = import_find(request, pk)
    if request.method == "POST":
        try:
            import_restart(imported=found, by=request.user)
        except ValueError as error:
            messages.error(request, str(error))
        return redirect("import", program=request.membership.program.slug, pk=pk)
    progress = import_progress(found)
    left, done = progress.counts["not_sent"], progress.done - progress.counts["not_sent"]
    if not left:  # an old address, or somebody else was quicker
        return _lead(request, found, _("There is nothing left of it to import."))
    words = ngettext(
        "{left} row was not imported, and will be.", "{left} rows were not imported, and will be.", left
    ).format(left=amount(left))
    stays = ngettext(
        "The {done} that is done stays as it is.", "The {done} that are done stay as they are.", done
    )
    context = {
        "title": _("Import the rest of “{file}”?").format(file=found.file_name),
        "consequence": f"{words} {stays.format(done=amount(done))}" if done else words,
        "confirm_label": _("Import {left}").format(left=amount(left)),
        "cancel_label": _("Leave it"),
        "cancel_url": request.path.removesuffix("restart/"),
    }
    return render_confirm(request, context)


@require_POST
@member_required(Role.MANAGER)
def import_drop(request: MemberRequest, pk: int) -> HttpResponse:
    """Forget an upload that was never started."""
    found = import_find(request, pk)
    if import_discard(imported=found):
        messages.success(request, _("The upload has been dropped; nothing was saved."))
    return redirect("imports", program=request.membership.program.slug)
