"""What another system asks for, whatever form it came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Matching(models.TextChoices):
    """By what the profiles are found."""

    EMAIL = "email", _("E-mail, of profile or subscription")
    EMAIL_PROFILE = "email_profile", _("E-mail of the profile")
    EMAIL_SUB = "email_sub", _("E-mail of a subscription")
    PHONE = "phone", _("Phone, of profile or subscription")
    PHONE_SUB = "phone_sub", _("Phone of a subscription")
    PROFILE_ID = "profile_id", _("Profile ID")
    PUSH_SUB = "push_sub", _("Push subscription")
    CUSTOM = "custom", _("Attribute of the profile")
    CUSTOM_SUB = "custom_sub", _("Attribute of a subscription")
    EMAIL_PHONE = "email_phone", _("E-mail or phone of the profile")
    EMAIL_PHONE_SUB = "email_phone_sub", _("E-mail or phone of a subscription")


# What each item has to name. Where there are two, the first that leads to somebody counts; of a push subscription, both.
FIELDS: Mapping[Matching, tuple[str, ...]] = {
    Matching.EMAIL: ("email",),
    Matching.EMAIL_PROFILE: ("email",),
    Matching.EMAIL_SUB: ("email",),
    Matching.PHONE: ("phone",),
    Matching.PHONE_SUB: ("phone",),
    Matching.PROFILE_ID: ("profile_id",),
    Matching.PUSH_SUB: ("provider", "subscription_id"),
    Matching.CUSTOM: ("field_value",),
    Matching.CUSTOM_SUB: ("field_value",),
    Matching.EMAIL_PHONE: ("email", "phone"),
    Matching.EMAIL_PHONE_SUB: ("email", "phone"),
}
EITHER = frozenset({Matching.EMAIL_PHONE, Matching.EMAIL_PHONE_SUB})
NEEDS_FIELD_NAME = frozenset({Matching.CUSTOM, Matching.CUSTOM_SUB})


class MissReason(models.TextChoices):
    """Why a value of a launch led to nobody."""

    NOT_FOUND = "not_found", _("Nobody has it")
    REPEATED = "repeated", _("Leads to somebody who was named before")
    NO_VALUE = "no_value", _("Empty")
    BAD_ADDRESS = "bad_address", _("Not an address or number")


@dataclass(frozen=True, slots=True)
class FileAsked:
    """A file that is to go along."""

    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class LaunchAsked:
    """A launch as it is asked for: `items` hold the texts that FIELDS names, and perhaps `custom_data`."""

    trigger_id: int
    items: tuple[dict[str, Any], ...]
    matching: Matching = Matching.EMAIL
    field_name: str = ""
    content: dict[str, Any] = field(default_factory=dict)
    custom_data: dict[str, Any] = field(default_factory=dict)
    files: tuple[FileAsked, ...] = ()
    skip_triggers: bool = False
