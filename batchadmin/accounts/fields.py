"""Fields and checks that this app's models and forms share."""

import unicodedata
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _


class LowercaseEmailField(models.EmailField):  # type: ignore[type-arg]
    """An e-mail address that is stored, and looked up, in lower case."""

    def get_prep_value(self, value: Any) -> Any:
        """The address as the database holds and compares it."""
        prepared = super().get_prep_value(value)
        return prepared.lower() if isinstance(prepared, str) else prepared

    def to_python(self, value: Any) -> Any:
        """The address as forms hand it on."""
        python_value = super().to_python(value)
        return python_value.strip().lower() if isinstance(python_value, str) else python_value


class LowercaseEmailFormField(forms.EmailField):
    """The same in a form: Ana@Example.com and ana@example.com are one person."""

    def to_python(self, value: Any) -> str:
        """The address in lower case, without blanks around it."""
        return str(super().to_python(value)).lower()


def check_one_line(text: str) -> None:
    """Raise ValidationError for a line break or another sign that can't be seen: names stand in headers of e-mails."""
    if any(unicodedata.category(sign) in ("Cc", "Zl", "Zp") for sign in text):
        raise ValidationError(_("Write this in one line."))


def check_time_zone(name: str) -> None:
    """Raise ValidationError unless `name` is an IANA time zone such as Europe/Berlin."""
    if name not in available_timezones():
        raise ValidationError(
            _("“%(name)s” isn't a time zone. Write one such as Europe/Berlin."), params={"name": name}
        )
