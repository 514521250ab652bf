"""The forms of this app's pages."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any, TypedDict

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from batchadmin.accounts.models import Membership
from batchadmin.lib.templatetags.ui import amount
from campaigns.models import Campaign, Stage

from .models import MOST_CONNECTIONS, Channel, Template
from .providers.base import Provider
from .providers.registry import provider_class
from .restarting import RestartCheck

LONGEST_AHEAD = timedelta(days=366)


class RestartChoice(TypedDict):
    """Who is left out of a restart, and who is written to at the risk of a duplicate."""

    leave_out_hopeless: bool
    include_unknown: bool


class RestartForm(forms.Form):
    """Who else a restart is for, and who is left out of it; each is asked only if there is anybody."""

    leave_out_hopeless = forms.BooleanField(required=False)
    include_unknown = forms.BooleanField(required=False)

    def __init__(self, *args: Any, check: RestartCheck, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.check = check
        hopeless = ngettext(
            "Leave out the %(count)s who will likely fail again",
            "Leave out the %(count)s who will likely fail again",
            check.hopeless,
        )
        unknown = ngettext(
            "Also %(count)s unknown: they may get it twice",
            "Also %(count)s unknown: they may get it twice",
            check.unknown,
        )
        self._offer("leave_out_hopeless", hopeless, check.hopeless, -check.hopeless)
        self._offer("include_unknown", unknown, check.unknown, check.unknown)

    def _offer(self, name: str, words: str, count: int, adds: int) -> None:
        """Ask about so many people; `adds` is what a tick adds to the number on the button."""
        if not count:
            del self.fields[name]
            return
        self.fields[name].label = words % {"count": amount(count)}
        self.fields[name].widget.attrs["data-adds"] = str(adds)

    def clean(self) -> dict[str, Any]:
        """Somebody is left to restart for."""
        cleaned: dict[str, Any] = super().clean() or {}
        left = self.check.eligible
        left -= self.check.hopeless if cleaned.get("leave_out_hopeless") else 0
        left += self.check.unknown if cleaned.get("include_unknown") else 0
        if not left:
            raise ValidationError(_("With this choice nobody is left to restart for."))
        return cleaned

    def chosen(self) -> RestartChoice:
        """The choices of a valid form, as `broadcast_restart` takes them."""
        return {
            "leave_out_hopeless": bool(self.cleaned_data.get("leave_out_hopeless")),
            "include_unknown": bool(self.cleaned_data.get("include_unknown")),
        }


class MessageForm(forms.Form):
    """A subject and a body."""

    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=500, required=False)
    body = forms.CharField(
        label=gettext_lazy("Message"),
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 12, "dir": "auto"}),
    )


class RestartEditForm(MessageForm, RestartForm):
    """The title and the message before a restart."""

    name = forms.CharField(
        label=gettext_lazy("Title"), max_length=300, required=False,
        help_text=gettext_lazy("As Logs lists it. Recipients don't see it."),
    )  # fmt: skip

    field_order = ["name", "subject", "body", "leave_out_hopeless", "include_unknown"]


class ComposeForm(MessageForm):
    """A new message: to whom, by which channel, what, when. Who it goes to is a selection, carried beside it."""

    NOW, LATER = "now", "later"

    to = forms.ChoiceField(
        label=gettext_lazy("To"),
        choices=[
            ("everyone", gettext_lazy("All influencers")),
            ("campaign", gettext_lazy("A campaign")),
            ("selection", gettext_lazy("Those who were selected")),
        ],
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
        initial="everyone",
        required=False,
    )
    campaign = forms.ModelChoiceField(
        label=gettext_lazy("Campaign"), queryset=Campaign.objects.none(), required=False,
        empty_label=gettext_lazy("None"),
    )  # fmt: skip
    stage = forms.ModelChoiceField(
        label=gettext_lazy("Stage"), queryset=Stage.objects.none(), required=False,
        empty_label=gettext_lazy("All stages"),
    )  # fmt: skip
    q = forms.CharField(label=gettext_lazy("Only who matches"), max_length=200, required=False)
    channel = forms.ModelChoiceField(
        label=gettext_lazy("Channel"), queryset=Channel.objects.none(), empty_label=None
    )
    template = forms.ModelChoiceField(
        label=gettext_lazy("Template"), queryset=Template.objects.none(), required=False,
        empty_label=gettext_lazy("None"),
    )  # fmt: skip
    approved_name = forms.CharField(
        label=gettext_lazy("Name of the template"), max_length=512, required=False,
        help_text=gettext_lazy("As in WhatsApp Manager, such as spring_box. It goes out instead of the message."),
    )  # fmt: skip
    approved_language = forms.CharField(
        label=gettext_lazy("Language"), max_length=10, required=False, initial="en",
        help_text=gettext_lazy("Such as en or en_US."),
    )  # fmt: skip
    approved_parameters = forms.CharField(
        label=gettext_lazy("Its variables"), max_length=20_000, required=False,
        help_text=gettext_lazy("One a line, in their order; each may hold variables of ours."),
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
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
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def __init__(self, *args: Any, membership: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        campaigns = Campaign.objects.visible_to(membership).current().order_by("name")
        self.fields["campaign"].queryset = campaigns  # type: ignore[attr-defined]
        self.fields["stage"].queryset = (  # type: ignore[attr-defined]
            Stage.objects.visible_to(membership)
            .select_related("campaign")
            .order_by("campaign__name", "position")
        )
        self.fields["stage"].label_from_instance = lambda stage: f"{stage.campaign}: {stage}"  # type: ignore[attr-defined]
        self.fields["channel"].queryset = Channel.objects.visible_to(membership).in_order()  # type: ignore[attr-defined]
        self.fields["template"].queryset = Template.objects.visible_to(membership).in_order()  # type: ignore[attr-defined]
        self.fields["scheduled_for"].help_text = _("In %(zone)s.") % {"zone": membership.program.time_zone}

    def clean(self) -> dict[str, Any]:
        """A stage belongs to the campaign; a later time is in the future."""
        cleaned: dict[str, Any] = super().clean() or {}
        stage, campaign = cleaned.get("stage"), cleaned.get("campaign")
        if stage and campaign and stage.campaign_id != campaign.pk:
            self.add_error("stage", _("This stage is of another campaign."))
        if cleaned.get("to") == "campaign" and not (stage or campaign):
            self.add_error("campaign", _("Pick a campaign."))
        self._clean_time(cleaned)
        if self.approved(cleaned) and not cleaned.get("body"):
            self.errors.pop("body", None)
        return cleaned

    @staticmethod
    def approved(cleaned: dict[str, Any]) -> dict[str, Any]:
        """The approved message that is asked for; {} for none, and for channels that have none."""
        channel, name = cleaned.get("channel"), cleaned.get("approved_name", "")
        if channel is None or not name or not provider_class(channel).takes_approved:
            return {}
        lines = cleaned.get("approved_parameters", "").splitlines()
        parameters = [line.strip() for line in lines if line.strip()]
        language = cleaned.get("approved_language", "")
        return {"name": name, "language": language, "parameters": parameters}

    def _clean_time(self, cleaned: dict[str, Any]) -> None:
        if cleaned.get("when") != self.LATER:
            cleaned["scheduled_for"] = None
            return
        moment = cleaned.get("scheduled_for")
        if moment is None:
            if "scheduled_for" not in self.errors:
                self.add_error("scheduled_for", _("Say when."))
        elif moment <= timezone.now():
            self.add_error("scheduled_for", _("This time has passed. Pick a later one, or send now."))
        elif moment > timezone.now() + LONGEST_AHEAD:
            self.add_error("scheduled_for", _("This is more than a year ahead."))


class ChannelForm(forms.Form):
    """A channel: its name and pace, and whatever its provider wants to know. A secret's field is never filled in."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    rate = forms.FloatField(
        label=gettext_lazy("Messages a second"), min_value=0.01, max_value=100_000, required=False,
        help_text=gettext_lazy("All workers together. Empty: as fast as it goes."),
    )  # fmt: skip
    connections = forms.IntegerField(
        label=gettext_lazy("At the same time"), min_value=1, max_value=MOST_CONNECTIONS, initial=4,
        help_text=gettext_lazy("How many messages each worker hands over at once."),
    )  # fmt: skip
    daily_limit = forms.IntegerField(
        label=gettext_lazy("Messages a day"), min_value=1, max_value=100_000_000, required=False,
        help_text=gettext_lazy("From midnight to midnight in the program's time zone. Empty: no limit."),
    )  # fmt: skip

    def __init__(
        self, *args: Any, provider: type[Provider], channel: Channel | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.provider = provider
        for name, option in provider.options.items():
            self.fields[name] = copy.deepcopy(option.field)
            if option.secret and channel is not None and channel.secrets.get(name):
                self.fields[name].help_text = _("One is kept. Leave empty to keep it.")

    @classmethod
    def of(cls, channel: Channel, data: Any = None) -> ChannelForm:
        """The form of an existing channel."""
        initial = {
            "name": channel.name,
            "rate": channel.rate,
            "connections": channel.connections,
            "daily_limit": channel.daily_limit,
            **channel.settings,
        }
        return cls(data, provider=provider_class(channel), channel=channel, initial=initial)

    def options(self) -> dict[str, Any]:
        """The provider's part of a valid form."""
        return {name: self.cleaned_data.get(name) for name in self.provider.options}

    def add_errors(self, error: ValidationError) -> None:
        """Show a service's refusal at the fields that it is about."""
        for name, words in error.message_dict.items():
            field = name if name in self.fields else None
            for word in words:
                self.add_error(field, word)


class ReplyForm(forms.Form):
    """A few words to one person."""

    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=500, required=False)
    body = forms.CharField(
        label=gettext_lazy("Reply"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )
