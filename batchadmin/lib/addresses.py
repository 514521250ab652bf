"""E-mail addresses and phone numbers as people write them, made into the one form that is stored."""

import re
import unicodedata

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext as _

EMAIL_LENGTH = 254
NUMBER_MARKS = re.compile(r"[\s().\-/\u2010-\u2015]+")
is_email = EmailValidator()


def email_clean(text: str | None) -> str | None:
    """The address in lower case, without blanks and invisible characters around it; None when there is none.

    Raises ValidationError in plain words for anything else, line ends inside it included: no address that
    comes from here can add a header to a message.
    """
    address = _visible(text)
    if not address:
        return None
    if len(address) > EMAIL_LENGTH:
        raise ValidationError(_("An e-mail address is at most 254 characters long."), code="invalid_email")
    try:
        is_email(address)
    except ValidationError:
        raise ValidationError(_("Not an e-mail address."), code="invalid_email") from None
    return address.lower()


def msisdn_clean(text: str | None, region: str | None = None) -> str | None:
    """The phone number as digits with the country code first (E.164 without +); None when there is none.

    `region` (such as "DE") is assumed for numbers without a country code. Raises ValidationError in plain
    words.
    """
    written = NUMBER_MARKS.sub("", _visible(text))
    if not written:
        return None
    if written.startswith("00"):
        written = "+" + written[2:]
    if not re.fullmatch(r"\+?[0-9]+", written):
        raise ValidationError(_("Not a phone number."), code="invalid_msisdn")
    if not written.startswith("+") and not region:
        if written.startswith("0"):
            raise ValidationError(
                _("No country code. Write the number like +49 151 2345678."), code="invalid_msisdn"
            )
        written = "+" + written
    return _possible(written, region)


def _possible(written: str, region: str | None) -> str:
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        raise ValidationError(_("No country has this code."), code="invalid_msisdn") from None
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason == phonenumbers.ValidationResult.TOO_SHORT:
        raise ValidationError(_("The phone number is too short."), code="invalid_msisdn")
    if reason == phonenumbers.ValidationResult.TOO_LONG:
        raise ValidationError(_("The phone number is too long."), code="invalid_msisdn")
    if reason != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise ValidationError(_("Not a phone number of its country."), code="invalid_msisdn")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")


def _visible(text: str | None) -> str:
    """The text without blanks around it and characters nobody sees (zero width, direction marks, a BOM)."""
    return "".join(char for char in text or "" if unicodedata.category(char) != "Cf").strip()
