"""The form of a template: the message, its files, and when it goes out."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from batchadmin.accounts.models import Membership
from batchadmin.lib.choices import RowChoiceField
from campaigns.models import Campaign, Stage

from .approved_forms import ApprovedFields, approved_given
from .approved_lines import fields_of
from .approving import channels_of
from .forms import MessageForm
from .meanwhile import Theirs, mark_of, marks_of, marks_read, merge, shown
from .models import Attachment, Channel, Template
from .services import Automation, Files
from .states import Delivery

FURTHEST_DAYS = 365
NOT_OF_THE_ROW = frozenset({"seen", "added", "approved_pick"})


class ManyFiles(forms.ClearableFileInput):
    """A field for any number of files."""

    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """Any number of files, none of them empty."""

    widget = ManyFiles(attrs={"multiple": True})

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[bytes]]:
        """The files; raises ValidationError for an empty one."""
        given = data if isinstance(data, (list, tuple)) else [data] if data else []
        return [super(ManyFilesField, self).clean(file, initial) for file in given]


class TemplateForm(ApprovedFields, MessageForm):
    """A template. The fields of its automation count for the delivery that they are about, and are ignored otherwise."""

    name = forms.CharField(label=_("Name"), max_length=120)
    campaign = RowChoiceField(
        label=_("Campaign"), queryset=Campaign.objects.none(), required=False, empty_label=_("Every campaign")
    )
    html = forms.CharField(
        label=_("HTML for e-mail"),
        required=False,
        max_length=100_000,
        widget=forms.Textarea(
            attrs={"rows": 10, "dir": "auto", "spellcheck": "false", "class": "font-monospace"}
        ),
        help_text=_("Empty: the plain text alone. Values are written as text, never as HTML."),
    )
    added = ManyFilesField(
        label=_("Add files"),
        required=False,
        help_text=_("25 MB at most for the whole message, on e-mail only."),
    )
    kept = forms.ModelMultipleChoiceField(
        label=_("Files that go along"),
        queryset=Attachment.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    delivery = forms.ChoiceField(
        label=_("Sent"),
        choices=Delivery.choices,
        initial=Delivery.MANUAL,
        required=False,
        widget=forms.RadioSelect,
    )
    channel = RowChoiceField(
        label=_("By channel"), queryset=Channel.objects.none(), required=False, empty_label=_("Pick one")
    )
    stages = forms.ModelMultipleChoiceField(
        label=_("Stages"),
        queryset=Stage.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("On entering one of these. On a date: only who stands at one of these; none means all."),
    )
    on_date = forms.DateField(
        label=_("On this day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    date_name = forms.CharField(
        label=_("Or on the participant's date"),
        required=False,
        max_length=60,
        help_text=_("Its name, such as: event"),
    )
    date_offset = forms.IntegerField(
        label=_("Days after it"),
        required=False,
        min_value=-FURTHEST_DAYS,
        max_value=FURTHEST_DAYS,
        help_text=_("-3 is three days before. From 07:00 in the program's time zone."),
    )
    exclude_past = forms.BooleanField(
        label=_("Leave out who got it by hand before"), required=False, initial=True
    )

    seen = forms.CharField(required=False, widget=forms.HiddenInput)  # what the page showed of each field

    def __init__(
        self, *args: Any, membership: Membership, template: Template | None = None, **kwargs: Any
    ) -> None:
        kwargs["initial"] = initial_of(template)
        super().__init__(*args, **kwargs)
        self.theirs: list[
            Theirs
        ] = []  # what somebody else has made meanwhile of fields that were changed here as well
        if template:
            self.initial["seen"] = marks_of(self._of(template))
        stages = Stage.objects.visible_to(membership).select_related("campaign")
        stages = stages.filter(campaign__archived_at=None).order_by("campaign__name", "position")
        self.channels = channels_of(membership)
        self.fields["campaign"].offer(Campaign.objects.visible_to(membership).order_by("name"))  # type: ignore[attr-defined]
        self.fields["channel"].offer(self.channels)  # type: ignore[attr-defined]
        choices = {
            "stages": stages,
            "kept": template.attachments.order_by("pk") if template else Attachment.objects.none(),
        }
        for name, queryset in choices.items():
            self.fields[name].queryset = queryset  # type: ignore[attr-defined]
        if template:  # as they have been read already
            self.fields["kept"].choices = [(one.pk, str(one)) for one in template.attachments.all()]  # type: ignore[attr-defined]
        self.fields["stages"].label_from_instance = lambda stage: f"{stage.campaign}: {stage}"  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """An approved message needs no text beside it."""
        cleaned: dict[str, Any] = super().clean() or {}
        if approved_given(cleaned) and not cleaned.get("body"):
            self.errors.pop("body", None)
        return cleaned

    def _of(self, template: Template) -> dict[str, Any]:
        """What the form shows of a template, by field; what has no field on its page is left out."""
        values = initial_of(template)
        names = [name for name in self.fields if name not in NOT_OF_THE_ROW]
        return {name: values.get(name, self.fields[name].initial) for name in names}

    def merge(self, template: Template) -> bool:
        """Take over what others have saved since the page was opened; False, with `theirs`, where both changed the same."""
        values, seen = self._of(template), marks_read(self.cleaned_data["seen"])
        names = [name for name in values if not name.startswith("approved_") or name in self.data]
        both = merge(self.cleaned_data, values, seen, names)
        if not both:
            return True
        # Whoever saves once more has seen these; the rest is still what the page shows.
        data: Any = self.data
        self.data = data = data.copy()
        data["seen"] = json.dumps({**seen, **{name: mark_of(values[name]) for name in both}})
        for name in both:
            self.theirs.append(Theirs(str(self.fields[name].label), shown(values[name])))
            self.add_error(
                name,
                _(
                    "Somebody else has changed this meanwhile. Yours stands here; to replace theirs, save again."
                ),
            )
        return False

    def automation(self) -> Automation:
        """What a valid form says about when it goes out."""
        value = self.cleaned_data
        return Automation(
            delivery=Delivery(value["delivery"] or Delivery.MANUAL),
            channel=value["channel"],
            stages=list(value["stages"]),
            on_date=value["on_date"],
            date_name=value["date_name"],
            date_offset=value["date_offset"] or 0,
            exclude_past=value["exclude_past"],
        )

    def attached(self) -> Files:
        """The files of a valid form."""
        return Files(kept=list(self.cleaned_data["kept"]), added=self.cleaned_data["added"])


def initial_of(template: Template | None) -> dict[str, Any]:
    """The form's values for a template."""
    if template is None:
        return {}
    plain = (
        "name", "subject", "body", "html", "campaign", "delivery", "channel", "on_date", "date_name", "exclude_past",
    )  # fmt: skip
    values = {name: getattr(template, name) for name in plain}
    return {
        **values,
        **fields_of(template.approved),
        "date_offset": template.date_offset or None,
        "stages": list(template.stages.all()),
        "kept": list(template.attachments.all()),
    }
