"""The form of a new message: to whom, by which channel, what, and when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from batchadmin.accounts.models import Membership
from batchadmin.lib.choices import RowChoiceField
from campaigns.models import Campaign, Stage

from .approved_forms import ApprovedFields, approved_given
from .forms import MessageForm
from .models import TIME_LIMIT, Broadcast, Channel, Template
from .providers.registry import provider_class

LONGEST_AHEAD = timedelta(days=366)


def day_and_time() -> forms.DateTimeInput:
    """A field of the browser's own for a day and a time."""
    return forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


# What is usual stands first: a form that says nothing means that.
LIMITS: tuple[tuple[int, Any], ...] = (
    (TIME_LIMIT, gettext_lazy("24 hours")),
    (1, gettext_lazy("1 hour")),
    (6, gettext_lazy("6 hours")),
    (72, gettext_lazy("3 days")),
    (168, gettext_lazy("7 days")),
)


def limit_field(limits: tuple[tuple[int, Any], ...] = LIMITS) -> forms.ChoiceField:
    """How many hours after its start a message gives up."""
    return forms.ChoiceField(
        label=gettext_lazy("Give up after"),
        required=False,
        choices=limits,
        help_text=gettext_lazy(
            "Counted from its start. What hasn't gone out by then, because the channel was paused, slow or at its daily limit, "
            "is not sent; you can restart for those people."
        ),
    )


class ComposeForm(ApprovedFields, MessageForm):
    """A new message. Whom its ways to choose come to, `messaging.choosing` works out."""

    FILTER, HAND, CSV, SELECTION = "filter", "hand", "csv", "selection"
    NOW, LATER = "now", "later"

    to = forms.ChoiceField(
        label=gettext_lazy("To"),
        choices=[
            (FILTER, gettext_lazy("By a filter")),
            (HAND, gettext_lazy("By hand")),
            (CSV, gettext_lazy("From a CSV file")),
            (SELECTION, gettext_lazy("Those who were selected")),
        ],
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
        initial=FILTER,
        required=False,
    )
    campaign = RowChoiceField(
        label=gettext_lazy("Campaign"), queryset=Campaign.objects.none(), required=False,
        empty_label=gettext_lazy("Any"),
    )  # fmt: skip
    stage = RowChoiceField(
        label=gettext_lazy("Stage"), queryset=Stage.objects.none(), required=False,
        empty_label=gettext_lazy("All stages"),
    )  # fmt: skip
    q = forms.CharField(label=gettext_lazy("Only who matches"), max_length=200, required=False)
    about = RowChoiceField(
        label=gettext_lazy("Campaign that it is about"), queryset=Campaign.objects.none(), required=False,
        empty_label=gettext_lazy("None"),
        help_text=gettext_lazy("Gives a value to campaign.name and its like in the message."),
    )  # fmt: skip
    find = forms.CharField(
        label=gettext_lazy("Find somebody"), max_length=200, required=False,
        widget=forms.TextInput(
            attrs={"type": "search", "autocomplete": "off", "placeholder": gettext_lazy("Name, address or handle")}
        ),
    )  # fmt: skip
    contacts = forms.FileField(
        label=gettext_lazy("CSV or XLSX file"), required=False, allow_empty_file=True,
        help_text=gettext_lazy("With a column of e-mail addresses, phone numbers, IDs or handles. The file isn't kept."),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
    )  # fmt: skip
    channel = RowChoiceField(label=gettext_lazy("Channel"), queryset=Channel.objects.none(), empty_label=None)
    template = RowChoiceField(
        label=gettext_lazy("Template"), queryset=Template.objects.none(), required=False,
        empty_label=gettext_lazy("None"),
    )  # fmt: skip
    exclude_past = forms.BooleanField(
        label=gettext_lazy("Leave out who got this template before"), required=False, initial=True
    )
    when = forms.ChoiceField(
        label=gettext_lazy("When"),
        choices=[(NOW, gettext_lazy("Now")), (LATER, gettext_lazy("At a time"))],
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
        initial=NOW,
        required=False,
    )
    scheduled_for = forms.DateTimeField(
        label=gettext_lazy("Day and time"),
        required=False,
        widget=day_and_time(),
    )

    time_limit = limit_field()

    def __init__(self, *args: Any, membership: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.channels = Channel.objects.visible_to(membership).in_order()
        campaigns = Campaign.objects.visible_to(membership).current().order_by("name")
        stages = Stage.objects.visible_to(membership).select_related("campaign")
        offered = {
            "campaign": campaigns,
            "about": campaigns,
            "stage": stages.order_by("campaign__name", "position"),
            "channel": self.channels,
            "template": Template.objects.visible_to(membership).in_order(),
        }
        for name, rows in offered.items():
            self.fields[name].offer(rows)  # type: ignore[attr-defined]
        self.fields["stage"].label_from_instance = lambda stage: f"{stage.campaign}: {stage}"  # type: ignore[attr-defined]
        self.fields["scheduled_for"].help_text = _("In %(zone)s.") % {"zone": membership.program.time_zone}

    def clean(self) -> dict[str, Any]:
        """A stage belongs to the campaign; a later time is in the future."""
        cleaned: dict[str, Any] = super().clean() or {}
        stage, campaign = cleaned.get("stage"), cleaned.get("campaign")
        if stage and campaign and stage.campaign_id != campaign.pk:
            self.add_error("stage", _("This stage is of another campaign."))
        self._clean_time(cleaned)
        if self.approved(cleaned) and not cleaned.get("body"):
            self.errors.pop("body", None)
        return cleaned

    @staticmethod
    def approved(cleaned: dict[str, Any]) -> dict[str, Any]:
        """The approved message that is asked for; {} for none, and for channels that have none."""
        channel = cleaned.get("channel")
        if channel is None or not provider_class(channel).takes_approved:
            return {}
        return approved_given(cleaned)

    def _clean_time(self, cleaned: dict[str, Any]) -> None:
        if cleaned.get("when") != self.LATER:
            cleaned["scheduled_for"] = None
            return
        moment = cleaned.get("scheduled_for")
        problem = _("Say when.") if moment is None else time_problem(moment)
        if problem and "scheduled_for" not in self.errors:
            self.add_error("scheduled_for", problem)


def time_problem(moment: datetime) -> str:
    """Why nothing can be scheduled for this time; "" if it can."""
    if moment <= timezone.now():
        return _("This time has passed. Pick a later one, or send now.")
    if moment > timezone.now() + LONGEST_AHEAD:
        return _("This is more than a year ahead.")
    return ""


class ScheduledForm(MessageForm):
    """A scheduled broadcast: its text, unless that is a template which its provider has approved, and its time."""

    scheduled_for = forms.DateTimeField(label=gettext_lazy("Day and time"), widget=day_and_time())
    time_limit = limit_field()

    def __init__(self, *args: Any, broadcast: Broadcast, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scheduled_for"].help_text = _("In %(zone)s.") % {
            "zone": broadcast.batch.program.time_zone
        }
        if broadcast.time_limit not in dict(LIMITS):  # the API takes any
            hours = ngettext("%(count)s hour", "%(count)s hours", broadcast.time_limit)
            own = (broadcast.time_limit, hours % {"count": broadcast.time_limit})
            self.fields["time_limit"] = limit_field((own, *LIMITS))
        if broadcast.approved:
            del self.fields["subject"], self.fields["body"]

    def clean_scheduled_for(self) -> datetime:
        """A time in the future."""
        moment: datetime = self.cleaned_data["scheduled_for"]
        if problem := time_problem(moment):
            raise ValidationError(problem)
        return moment
