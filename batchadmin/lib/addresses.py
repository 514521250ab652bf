"""E-mail addresses and phone numbers as people write them, made into the one form that is stored."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

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
# What nearly every address looks like: all of these are good, and much faster to tell than by the validator.
PLAIN_EMAIL = re.compile(
    r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)


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
    if PLAIN_EMAIL.fullmatch(address):
        return address.lower()
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
    return written[1:] if _is_plain(written) else _possible(written, region)


def _is_plain(written: str) -> bool:
    """Whether `+` and digits are a country code and a number of a length that it has, with nothing to be taken out.

    What `_possible` would say of nearly every number, for a tenth of its time: files have a hundred thousand of them.
    """
    for digits in (1, 2, 3) if written.startswith("+") else ():
        country = _country(written[1 : 1 + digits])
        if country is not None:
            rest = written[1 + digits :]
            return len(rest) in country.lengths and not country.taken_out.match(rest)
    return False


@dataclass(frozen=True, slots=True)
class _Country:
    lengths: frozenset[int]
    taken_out: re.Pattern[str]  # what a number may begin with that isn't dialled from abroad


@cache
def _country(code: str) -> _Country | None:
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(code or 0), ()) if code.isascii() else ()
    known = phonenumbers.PhoneMetadata.metadata_for_region(regions[0]) if regions else None
    if known is None:
        return None
    prefixes = [one for one in (known.national_prefix_for_parsing, "0") if one]
    lengths = (known.general_desc and known.general_desc.possible_length) or ()
    return _Country(frozenset(lengths), re.compile("|".join(f"(?:{one})" for one in prefixes)))


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
