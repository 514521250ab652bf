"""The forms of this app's pages."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as translated
from django.utils.translation import gettext_lazy as _

from batchadmin.accounts.models import Program
from campaigns.dates import date_name_clean, day_clean
from campaigns.handles import NETWORKS, network_name
from campaigns.importing.columns import FIELDS, IGNORE, key_of
from campaigns.importing.values import number_read
from campaigns.models import Campaign, Import, Influencer, Stage, Subscription
from campaigns.states import Identifier, Operation, Phase, SubscriptionKind


class InfluencerForm(forms.Form):
    """One influencer. Whether the values are good is for the service to say; it names the field."""

    first_name = forms.CharField(label=_("First name"), max_length=150, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=150, required=False)
    email = forms.CharField(
        label=_("E-mail address"),
        max_length=254,
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    msisdn = forms.CharField(
        label=_("Phone number"),
        max_length=40,
        required=False,
        help_text=_("With the country code, such as +49 151 2345678"),
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    external_id = forms.CharField(label=_("ID in your system"), max_length=100, required=False)
    handles = forms.CharField(
        label=_("Handles"),
        required=False,
        help_text=_("One a line: the network, then the handle, such as “instagram @zoem”"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    tags = forms.CharField(label=_("Tags"), required=False, help_text=_("Separated by commas"))
    attributes = forms.CharField(
        label=_("Attributes"),
        required=False,
        help_text=_("One a line, such as “size: M”. Templates use them as influencer.attributes.size."),
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    @classmethod
    def of(cls, influencer: Influencer) -> InfluencerForm:
        """The form filled with what is known of somebody."""
        lines = [f"{network} @{handle}" for network, handle in influencer.handles.items()]
        attributes = [
            f"{key}: {value}" for key, value in influencer.attributes.items() if _fits_a_line(value)
        ]
        return cls(
            initial={
                "first_name": influencer.first_name,
                "last_name": influencer.last_name,
                "email": influencer.email,
                "msisdn": f"+{influencer.msisdn}" if influencer.msisdn else "",
                "external_id": influencer.external_id,
                "handles": "\n".join(lines),
                "tags": ", ".join(influencer.tags),
                "attributes": "\n".join(attributes),
            }
        )

    def clean_handles(self) -> dict[str, str]:
        """Handles by network."""
        pairs = [line.split(maxsplit=1) for line in self.cleaned_data["handles"].splitlines() if line.strip()]
        if any(len(pair) < 2 for pair in pairs):
            raise forms.ValidationError(_("Write each as a network and a handle, such as “instagram @zoem”."))
        return {pair[0].rstrip(":"): pair[1] for pair in pairs}

    def clean_tags(self) -> list[str]:
        """The tags, each once."""
        tags = [tag.strip() for tag in self.cleaned_data["tags"].split(",") if tag.strip()]
        if any(len(tag) > 60 for tag in tags):
            raise forms.ValidationError(_("A tag is at most 60 characters long."))
        return list(dict.fromkeys(tags))

    def clean_attributes(self) -> dict[str, str | int | float]:
        """Attributes by key; what reads as a number is one."""
        pairs = [line.partition(":") for line in self.cleaned_data["attributes"].splitlines() if line.strip()]
        if any(not colon or not value.strip() for _key, colon, value in pairs):
            raise forms.ValidationError(_("Write each as a key, a colon and a value, such as “size: M”."))
        return {key_of(key): _number_or_text(value.strip()) for key, _colon, value in pairs}

    def changes(self, influencer: Influencer) -> dict[str, Any]:
        """The fields as the service takes them; what the form can't show of somebody's attributes is kept."""
        hidden = {key: value for key, value in influencer.attributes.items() if not _fits_a_line(value)}
        same = {key: value for key, value in influencer.attributes.items() if _fits_a_line(value)}
        written = {
            key: same[key] if key in same and str(same[key]) == str(value) else value
            for key, value in self.cleaned_data["attributes"].items()
        }
        return {**self.cleaned_data, "attributes": {**hidden, **written}}


def _fits_a_line(value: Any) -> bool:
    return isinstance(value, (int, float)) or (isinstance(value, str) and len(value.splitlines()) == 1)


def _number_or_text(text: str) -> str | int | float:
    number = number_read(text)
    return text if number is None else number


class CampaignForm(forms.Form):
    """A new campaign; its stages can be changed on the next page."""

    name = forms.CharField(label=_("Name"), max_length=200)


class StageForm(forms.Form):
    """One stage in the form of a campaign's stages."""

    pk = forms.IntegerField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(label=_("Name"), max_length=80, required=False)
    phase = forms.ChoiceField(label=_("Phase"), choices=Phase.choices)
    remove = forms.BooleanField(label=_("Remove"), required=False)


StageFormSet = forms.formset_factory(StageForm, extra=2, can_order=True, max_num=60, absolute_max=60)


class StageChoiceForm(forms.Form):
    """Which stage people go to."""

    to = forms.ModelChoiceField(
        label=_("Stage"), queryset=Stage.objects.none(), widget=forms.RadioSelect, empty_label=None
    )

    def __init__(self, *args: Any, campaign: Campaign, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = campaign.stages.all()  # type: ignore[attr-defined]


class DateForm(forms.Form):
    """A date of participants: its name and the day, or that it goes."""

    date_name = forms.CharField(
        label=_("Name of the date"),
        help_text=_("Such as event. Messages use it as participant.dates.event."),
        widget=forms.TextInput(attrs={"list": "date-names", "autocomplete": "off"}),
        error_messages={"required": _("Write the name of the date, such as event.")},
    )
    day = forms.CharField(
        label=_("Day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    remove = forms.BooleanField(label=_("Remove this date instead"), required=False)

    def clean_date_name(self) -> str:
        """A name that messages can say."""
        return date_name_clean(self.cleaned_data["date_name"])

    def clean_day(self) -> date | None:
        """The day, if one is given."""
        text = self.cleaned_data["day"]
        return day_clean(text) if text else None

    def clean(self) -> dict[str, Any]:
        """Either a day or none."""
        cleaned: dict[str, Any] = super().clean() or {}
        if "day" not in self.errors and (cleaned.get("day") is None) != cleaned.get("remove"):
            self.add_error("day", _("Pick a day, or tick that the date is removed: one of the two."))
        return cleaned


class CampaignChoiceForm(forms.Form):
    """Which stage of which campaign people are added to."""

    to = forms.ModelChoiceField(
        label=_("Campaign and stage"), queryset=Stage.objects.none(), empty_label=_("Choose …")
    )

    def __init__(self, *args: Any, program: Program, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stages = Stage.objects.filter(campaign__program=program, campaign__archived_at=None)
        field: Any = self.fields["to"]
        field.queryset = stages.select_related("campaign").order_by("campaign__name", "position")
        field.label_from_instance = lambda stage: f"{stage.campaign.name}: {stage.name}"


class SubscriptionForm(forms.Form):
    """A further address of an influencer. Whether it is one is for the service to say; it names the field."""

    kind = forms.ChoiceField(label=_("Kind"), choices=SubscriptionKind.choices)
    address = forms.CharField(
        label=_("E-mail address or phone number"),
        max_length=254,
        required=False,
        help_text=_("Phone numbers with the country code, such as +49 151 2345678"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    provider = forms.CharField(
        label=_("Push provider"),
        max_length=60,
        required=False,
        help_text=_("Only for push, such as firebase"),
    )
    subscription_id = forms.CharField(
        label=_("ID at the push provider"), max_length=500, required=False, help_text=_("Only for push")
    )
    opted_in = forms.BooleanField(
        label=_("They agreed to get messages here"),
        required=False,
        help_text=_("Your name is noted with it."),
    )

    @classmethod
    def of(cls, subscription: Subscription) -> SubscriptionForm:
        """The form filled with what is known."""
        names = ("kind", "address", "provider", "subscription_id", "opted_in")
        known = {name: getattr(subscription, name) for name in names}
        if subscription._state.adding:
            known |= {"kind": SubscriptionKind.EMAIL, "opted_in": False}
        elif subscription.kind == SubscriptionKind.PHONE:
            known["address"] = f"+{subscription.address}"
        return cls(initial=known)


class UploadForm(forms.Form):
    """The file of an import."""

    file = forms.FileField(
        label=_("CSV or XLSX file"),
        help_text=_(
            "The first line names the columns. Nothing is saved before you have seen what would change."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
    )


class ColumnsForm(forms.Form):
    """What each column of a file is, and what to do with the rows."""

    operation = forms.ChoiceField(label=_("With these rows"), choices=Operation.choices)
    identifier = forms.ChoiceField(label=_("Find influencers by"), required=False)

    def __init__(self, *args: Any, imported: Import, **kwargs: Any) -> None:
        kwargs["initial"] = {"operation": imported.operation, "identifier": imported.identifier}
        super().__init__(*args, **kwargs)
        self.imported = imported
        identifier: Any = self.fields["identifier"]
        identifier.choices = [
            ("", _("Any of e-mail address, phone number, ID; else handle")),
            *Identifier.choices,
        ]
        for number, header in enumerate(imported.source.get("headers", [])):
            self.fields[f"column-{number}"] = forms.ChoiceField(
                label=header,
                choices=_field_choices(header, imported.mapping.get(header, "")),
                initial=imported.mapping.get(header),
            )

    def columns(self) -> dict[str, str]:
        """The field of each column, as chosen."""
        headers = self.imported.source.get("headers", [])
        return {header: self.cleaned_data[f"column-{number}"] for number, header in enumerate(headers)}

    def rows(self) -> list[dict[str, Any]]:
        """Each column with its field of the form and some of its values, for the page."""
        samples = self.imported.source.get("samples", [])
        return [
            {
                "header": header,
                "field": self[f"column-{number}"],
                "samples": [row[number] for row in samples if number < len(row) and row[number]],
            }
            for number, header in enumerate(self.imported.source.get("headers", []))
        ]


def _field_choices(header: str, recognised: str) -> list[Any]:
    """What a column can be; an attribute is called as its column is, unless that name was taken."""
    kind, _colon, key = recognised.partition(":")
    key = key if kind in ("attribute", "number") else key_of(header)
    networks = dict.fromkeys([*NETWORKS, *([recognised.partition(":")[2]] if kind == "handle" else [])])
    words = translated("Handle on {network}")
    handles = [(f"handle:{network}", words.format(network=network_name(network))) for network in networks]
    return [
        *FIELDS.items(),
        (_("Handle"), handles),
        (
            _("Attribute"),
            [(f"attribute:{key}", _("Attribute, as text")), (f"number:{key}", _("Attribute, as a number"))],
        ),
        (IGNORE, _("Leave out")),
    ]
