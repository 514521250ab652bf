"""The form of Settings > Program."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from batchadmin.accounts.fields import check_one_line
from batchadmin.accounts.models import Program


class ProgramForm(forms.Form):
    """What owners may change about the program itself."""

    name = forms.CharField(label=_("Name"), max_length=120, validators=[check_one_line])
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        help_text=_("Times are shown and chosen in it, and days begin in it."),
        error_messages={"invalid_choice": _("“%(value)s” isn't a time zone. Choose one of the list.")},
    )
    sender_name = forms.CharField(
        label=_("Sender's name"),
        max_length=120,
        required=False,
        validators=[check_one_line],
        help_text=_("Whom e-mails come from. Empty: the program's name."),
    )
    sender_address = forms.EmailField(
        label=_("Sender's address"),
        max_length=254,
        help_text=_(
            "E-mails come from it where a channel has none of its own, and so do notices to members."
        ),
    )

    def __init__(self, data: Any = None, *, program: Program) -> None:
        initial = {name: getattr(program, name) for name in self.base_fields}
        super().__init__(data, initial=initial)
        # What a program has may be an older name that the list leaves out; it can be kept.
        zones = {name for name in available_timezones() if "/" in name and not name.startswith("Etc/")}
        names = sorted(zones | {"UTC", program.time_zone})
        zone_field = self.fields["time_zone"]
        assert isinstance(zone_field, forms.ChoiceField)  # noqa: S101 - for mypy
        zone_field.choices = [(name, name.replace("_", " ")) for name in names]
        # Once channels send from it, taking it away would stop them.
        self.fields["sender_address"].required = bool(program.sender_address)
