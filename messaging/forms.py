"""The forms of this app's pages; compose's own stands in compose_form.py."""

from __future__ import annotations

import copy
from typing import Any, TypedDict

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from batchadmin.lib.templatetags.ui import amount

from .models import MOST_CONNECTIONS, MOST_IN_ALL, Channel
from .providers.base import Provider
from .providers.registry import provider_class
from .restarting import RestartCheck


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


LIMITS = ("rate", "connections", "connections_in_all", "daily_limit")


class ChannelForm(forms.Form):
    """A channel: its name and pace, and whatever its provider wants to know. A secret's field is never filled in.

    Of an existing channel it also carries the limits that the page showed, so that one which somebody else has changed
    meanwhile isn't put back by whoever came to change something else.
    """

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    rate = forms.FloatField(
        label=gettext_lazy("Messages a second"), min_value=0.01, max_value=100_000, required=False,
        help_text=gettext_lazy("All workers together. Empty: as fast as it goes."),
    )  # fmt: skip
    connections = forms.IntegerField(
        label=gettext_lazy("At once, each worker"), min_value=1, max_value=MOST_CONNECTIONS, initial=4,
        help_text=gettext_lazy("How many messages each worker hands over at the same time."),
    )  # fmt: skip
    connections_in_all = forms.IntegerField(
        label=gettext_lazy("At once, all workers together"), min_value=1, max_value=MOST_IN_ALL, required=False,
        help_text=gettext_lazy("Where the provider allows only so many connections. Empty: no limit beyond each worker's."),
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
            "connections_in_all": channel.connections_in_all,
            "daily_limit": channel.daily_limit,
            **channel.settings,
        }
        initial = {name: plain_number(value) for name, value in initial.items()}
        form = cls(data, provider=provider_class(channel), channel=channel, initial=initial)
        for name in LIMITS:
            seen = copy.deepcopy(form.fields[name])
            seen.widget, seen.required = forms.HiddenInput(), False
            form.fields[f"seen_{name}"], form.initial[f"seen_{name}"] = seen, initial[name]
        return form

    def untouched(self) -> list[str]:
        """The limits that stand in a valid form as the page showed them."""
        told = [name for name in LIMITS if f"seen_{name}" in self.data]
        return [name for name in told if self.cleaned_data[name] == self.cleaned_data.get(f"seen_{name}")]

    def options(self) -> dict[str, Any]:
        """The provider's part of a valid form."""
        return {name: self.cleaned_data.get(name) for name in self.provider.options}

    def add_errors(self, error: ValidationError) -> None:
        """Show a service's refusal at the fields that it is about."""
        for name, words in error.message_dict.items():
            field = name if name in self.fields else None
            for word in words:
                self.add_error(field, word)


def plain_number(value: Any) -> Any:
    """A number as people write it: 80, not 80.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class ReplyForm(forms.Form):
    """A few words to one person."""

    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=500, required=False)
    body = forms.CharField(
        label=gettext_lazy("Reply"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )

    def __init__(self, *args: Any, has_subject: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_subject:
            del self.fields["subject"]
