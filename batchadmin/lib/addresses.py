"""E-mail addresses and phone numbers as people write them, made into the one form that is stored."""

import re
import unicodedata

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

EMAIL_LENGTH = 254
NUMBER_MARKS = re.compile(r"[\s().\-/\u2010-\u2015]+")
TOO_SHORT = gettext_lazy("The phone number is too short.")
TOO_LONG = gettext_lazy("The phone number is too long.")
PARSE_ERRORS = {
    phonenumbers.NumberParseException.INVALID_COUNTRY_CODE: gettext_lazy("No country has this code."),
    phonenumbers.NumberParseException.TOO_SHORT_AFTER_IDD: TOO_SHORT,
    phonenumbers.NumberParseException.TOO_SHORT_NSN: TOO_SHORT,
    phonenumbers.NumberParseException.TOO_LONG: TOO_LONG,
}
LENGTH_ERRORS = {
    phonenumbers.ValidationResult.TOO_SHORT: TOO_SHORT,
    phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY: TOO_SHORT,
    phonenumbers.ValidationResult.TOO_LONG: TOO_LONG,
}
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
    except phonenumbers.NumberParseException as error:
        words = PARSE_ERRORS.get(error.error_type, gettext_lazy("Not a phone number."))
        raise ValidationError(words, code="invalid_msisdn") from None
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason != phonenumbers.ValidationResult.IS_POSSIBLE:
        words = LENGTH_ERRORS.get(reason, gettext_lazy("Not a phone number of its country."))
        raise ValidationError(words, code="invalid_msisdn")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")


def _visible(text: str | None) -> str:
    """The text without blanks around it and characters nobody sees (zero width, direction marks, a BOM)."""
    if (
        not text or text.isascii()
    ):  # nearly always, and imports ask for each cell: ASCII has no such characters
        return (text or "").strip()
    return "".join(char for char in text if unicodedata.category(char) != "Cf").strip()
