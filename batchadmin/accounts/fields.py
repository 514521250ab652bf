"""Fields and checks that this app's models share."""

from typing import Any
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _


class LowercaseEmailField(models.EmailField):
    """An e-mail address that is stored, and looked up, in lower case."""

    def get_prep_value(self, value: Any) -> Any:
        """The address as the database holds and compares it."""
        prepared = super().get_prep_value(value)
        return prepared.lower() if isinstance(prepared, str) else prepared

    def to_python(self, value: Any) -> Any:
        """The address as forms hand it on."""
        python_value = super().to_python(value)
        return python_value.strip().lower() if isinstance(python_value, str) else python_value


def check_time_zone(name: str) -> None:
    """Raise ValidationError unless `name` is an IANA time zone such as Europe/Berlin."""
    if name not in available_timezones():
        raise ValidationError(
            _("“%(name)s” isn't a time zone. Write one such as Europe/Berlin."), params={"name": name}
        )
