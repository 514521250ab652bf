"""Imports: upload, columns, check, run, result."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.accounts.states import Role
from batchadmin.lib.csvfiles import FileProblem
from batchadmin.lib.exports import csv_response
from batchadmin.lib.htmx import render_confirm, render_live, render_page
from batchadmin.lib.tables import table_configure
from campaigns.forms import ColumnsForm, UploadForm
from campaigns.import_tables import ImportTable, import_tallies, outcome_sentence
from campaigns.importing.progress import bulk_status, import_progress
from campaigns.importing.rejected import rejected_header, rejected_rows
from campaigns.models import Import
from campaigns.services import import_check, import_prepare, import_start, import_stop, import_upload
from campaigns.states import ImportState

ERRORS_SHOWN = 100


@require_GET
@member_required()
def imports(request: MemberRequest) -> HttpResponse:
    """The program's imports, the newest first."""
    rows = Import.objects.visible_to(request.membership).select_related("requester").newest_first()
    table = ImportTable(rows, program_slug=request.membership.program.slug)
    table_configure(request, table)
    return render_page(request, "campaigns/imports.html", {"table": table})


@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def import_new(request: MemberRequest) -> HttpResponse:
    """Step 1: the file."""
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        program = request.membership.program
        try:
            made = import_upload(
                program=program, by=request.user, file=cast(BinaryIO, upload.file), name=upload.name
            )
        except FileProblem as error:
            form.add_error("file", str(error))
        else:
            return redirect("import", program=program.slug, pk=made.pk)
    return render(request, "campaigns/import_new.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@member_required()
def import_page(request: MemberRequest, pk: int) -> HttpResponse:
    """An import as it stands: its columns before the start (POST checks them), its progress and result after."""
    found = _find(request, pk)
    if found.state == ImportState.DRAFT and request.membership.may_manage:
        return _columns(request, found)
    return _result(request, found)


def _columns(request: MemberRequest, found: Import) -> HttpResponse:
    """Step 2: what the columns are; then step 3: the check."""
    form = ColumnsForm(request.POST if request.method == "POST" else None, imported=found)
    if request.method == "POST" and form.is_valid():
        try:
            import_prepare(
                imported=found,
                columns=form.columns(),
                operation=form.cleaned_data["operation"],
                identifier=form.cleaned_data["identifier"] or None,
            )
            import_check(imported=found)
        except ValueError as error:  # MappingProblem, FileProblem, ImportProblem: each in plain words
            form.add_error(None, str(error))
        else:
            return redirect("import-check", program=request.membership.program.slug, pk=found.pk)
    context = {"imported": found, "form": form, "step": 2}
    return render(request, "campaigns/import_columns.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def import_checked(request: MemberRequest, pk: int) -> HttpResponse:
    """Step 3: what would happen. POST is step 4: the start."""
    found = _find(request, pk)
    page = redirect("import", program=request.membership.program.slug, pk=pk)
    if found.state != ImportState.DRAFT or not found.check_result:
        return page
    if request.method == "POST":
        try:
            import_start(imported=found, by=request.user)
        except ValueError as error:
            messages.error(request, str(error))
        return page
    result = found.check_result
    context = {
        "imported": found,
        "result": result,
        "tallies": import_tallies(result),
        "good": result["rows"] - result["rejected"],
        "errors": result["errors"],
        "step": 3,
    }
    return render(request, "campaigns/import_check.html", context)


def _result(request: MemberRequest, found: Import) -> HttpResponse:
    progress = import_progress(found)
    bulks = [(bulk, bulk_status(bulk)) for bulk in found.bulks.select_related("batch__program")]
    errors: list[dict[str, Any]] = []
    for bulk, _status in bulks:
        errors += bulk.errors[: ERRORS_SHOWN - len(errors)]
    context = {
        "imported": found,
        "progress": progress,
        "tallies": import_tallies(progress.members),
        "done": sum(progress.members.values()),
        "bulks": bulks,
        "errors": errors,
        "sentence": outcome_sentence(found, progress),
        "is_draft": found.state == ImportState.DRAFT,
    }
    version = f"{progress.status}-{progress.done}-{found.state}"
    is_live = progress.is_live and found.state == ImportState.STARTED
    return render_live(
        request, "campaigns/import.html", {**context, "live": is_live}, version=version, ended=not is_live
    )


@require_GET
@member_required()
def import_rejected(request: MemberRequest, pk: int) -> HttpResponseBase:
    """The rejected rows as a file, to be mended and uploaded again; gone a day after the import."""
    found = _find(request, pk)
    if found.state == ImportState.ERASED or not found.file:
        raise Http404(_("The rows of this import have been erased, as the page says."))
    try:
        rows = list(rejected_rows(found))
    except ValueError as error:
        raise Http404(str(error)) from None
    return csv_response(f"{found.file_name} rejected", rejected_header(found), rows)


@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def import_halt(request: MemberRequest, pk: int) -> HttpResponse:
    """Ask, then stop what has not been done yet."""
    found = _find(request, pk)
    if request.method == "POST":
        if not import_stop(imported=found, by=request.user):
            messages.error(request, _("It has ended already, so there is nothing left to stop."))
        return redirect("import", program=request.membership.program.slug, pk=pk)
    progress = import_progress(found)
    left = progress.counts["total"] - progress.done
    words = {"done": f"{progress.done:,}", "left": f"{left:,}"}
    context = {
        "title": _("Stop the import?"),
        "consequence": _("{done} rows are done and stay. {left} won't be imported.").format(**words),
        "confirm_label": _("Stop now"),
        "cancel_label": _("Keep importing"),
        "cancel_url": request.path.removesuffix("stop/"),
        "danger": True,
    }
    return render_confirm(request, context)


@require_POST
@member_required(Role.MANAGER)
def import_drop(request: MemberRequest, pk: int) -> HttpResponse:
    """Forget an upload that was never started."""
    found = _find(request, pk)
    if found.state == ImportState.DRAFT:
        found.file.delete(save=False)
        found.delete()
        messages.success(request, _("The upload has been dropped; nothing was saved."))
    return redirect("imports", program=request.membership.program.slug)


def _find(request: MemberRequest, pk: int) -> Import:
    imports_seen = Import.objects.visible_to(request.membership).select_related("program", "requester")
    return get_object_or_404(imports_seen, pk=pk)
