"""Making, checking, pausing and resuming channels."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from batchadmin.accounts.models import Program, User
from batchadmin.accounts.services import audit_record
from batches.reasons import Reason, reason_of
from messaging.breaker import batches_wake, channel_recovered
from messaging.models import Channel
from messaging.providers.base import CHECK_SECONDS, Provider, ProviderFault
from messaging.providers.registry import provider_of, providers
from messaging.states import ChannelStatus, PausedBy

# Why batches wait until a time that was reckoned by the limits as they were.
BY_LIMITS = ("daily_limit", "pace", "at_once")


class ChannelInvalid(Exception):
    """The channel doesn't work as it is; the text says why, in the provider's words."""


def channel_save(
    *,
    program: Program,
    by: User | None,
    name: str,
    type: str,
    options: Mapping[str, Any],
    rate: float | None = None,
    connections: int | None = None,
    connections_in_all: int | None = None,
    daily_limit: int | None = None,
    channel: Channel | None = None,
    untouched: Collection[str] = (),
) -> Channel:
    """Make a channel, or change the row of `channel`; returns it as it is then. A secret that is left empty stays as it was.

    `untouched` names fields to leave as the row has them by now, whatever is given here: nobody meant to change them.
    Raises ValidationError for an unknown type, a name that is taken, or options that the provider doesn't take.
    """
    provider = _provider_of_type(type)
    given, secrets = options_clean(provider, options)
    fields = {
        "name": name.strip(),
        "type": type,
        "reaches": provider.reaches,
        "rate": rate,
        "daily_limit": daily_limit,
        "connections_in_all": connections_in_all,
        "settings": given,
        **({"connections": connections} if connections else {}),
    }
    fields = {field: value for field, value in fields.items() if channel is None or field not in untouched}
    action = "channel.changed" if channel else "channel.created"
    try:
        with transaction.atomic():
            saved = _fields_save(program, channel, fields, secrets)
            audit_record(program=program, actor=by, action=action, subject=saved.name, type=type)
            for reason in BY_LIMITS:
                batches_wake(saved, reason)
    except IntegrityError:  # somebody was quicker
        Channel(program=program, **fields).full_clean()
        raise
    return saved


def _provider_of_type(code: str) -> type[Provider]:
    """What a channel of this type is; raises ValidationError for an unknown one."""
    if code in providers():
        return providers()[code]
    known = ", ".join(sorted(providers()))
    raise ValidationError(
        {"type": _("There is no type “%(type)s”: %(known)s.") % {"type": code, "known": known}}
    )


def _fields_save(
    program: Program, channel: Channel | None, fields: Mapping[str, Any], secrets: Mapping[str, Any]
) -> Channel:
    """Write these columns, the secrets that are given, and no others: a pause may have come since the page was opened."""
    row = Channel(program=program)
    if channel is not None:  # locked, so that two who save don't lose each other's secrets
        row = Channel.objects.select_for_update(of=("self",)).select_related("program").get(pk=channel.pk)
    for field, value in fields.items():
        setattr(row, field, value)
    row.secrets = {**(row.secrets or {}), **{key: value for key, value in secrets.items() if value}}
    row.full_clean()
    row.save(update_fields=None if channel is None else [*fields, "secrets"])
    return row


def options_clean(
    provider: type[Provider], options: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The options as the provider's fields take them: (settings, secrets); raises ValidationError by name."""
    unknown = sorted(set(options) - set(provider.options))
    if unknown:
        known = ", ".join(provider.options)
        words = _("“%(name)s” is no setting of this type; there are: %(known)s.")
        raise ValidationError({unknown[0]: words % {"name": unknown[0], "known": known}})
    settings: dict[str, Any] = {}
    secrets: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for name, option in provider.options.items():
        given = options.get(name)
        try:
            value = option.field.clean(option.field.initial if given in (None, "") else given)
            (secrets if option.secret else settings)[name] = value
        except ValidationError as error:
            errors[name] = list(error.messages)
    if errors:
        raise ValidationError(errors)
    return settings, secrets


def channel_check(*, channel: Channel) -> str:
    """Connect for real and say how that went; raises ChannelInvalid with the cause.

    A channel that had paused itself goes on at once when this succeeds; one that a person paused stays paused.
    """
    provider = provider_of(channel)
    if provider.problem():
        raise ChannelInvalid(provider.problem())
    try:
        words = asyncio.run(asyncio.wait_for(provider.check(), CHECK_SECONDS))
    except ProviderFault as fault:
        reason = reason_of(fault.reason)
        raise ChannelInvalid(sentence_of(reason, str(fault))) from fault
    except TimeoutError as silence:
        words = _("No answer within %(seconds)d seconds.") % {"seconds": int(CHECK_SECONDS)}
        raise ChannelInvalid(words) from silence
    if channel.paused_by == PausedBy.FAULT:
        channel_recovered(channel=channel)
        channel.refresh_from_db()
    return words


def sentence_of(reason: Reason, said: str) -> str:
    """A reason, what the provider said of it, and the next step, each ended as a sentence is."""
    first = f"{reason.words}: {said}" if said else str(reason.words)
    parts = [part.strip() for part in (first, str(reason.next_step)) if part.strip()]
    return " ".join(part if part.endswith((".", "!", "?")) else f"{part}." for part in parts)


def channel_pause(*, channel: Channel, by: User) -> Channel:
    """Pause by hand: what runs on the channel waits until somebody resumes it. Pressed again, it changes nothing."""
    with transaction.atomic():
        by_hand = Q(status=ChannelStatus.PAUSED, paused_by=PausedBy.PERSON)
        done = Channel.objects.filter(~by_hand, pk=channel.pk).update(
            status=ChannelStatus.PAUSED,
            paused_by=PausedBy.PERSON,
            pause_reason=_("Paused by %(who)s") % {"who": by.get_full_name()},
            paused_at=timezone.now(),
            next_try_at=None,
        )
        if done:
            audit_record(program=channel.program, actor=by, action="channel.paused", subject=channel.name)
    channel.refresh_from_db()
    return channel


def channels_hold() -> int:
    """After a database was restored: pause every channel until somebody resumes it. Returns how many there are."""
    return Channel.objects.update(
        status=ChannelStatus.PAUSED,
        paused_by=PausedBy.PERSON,
        pause_reason=_("The database was restored from a backup. Look at what was sent since, then resume."),
        paused_at=timezone.now(),
        next_try_at=None,
    )


def channel_resume(*, channel: Channel, by: User) -> Channel:
    """Go on, whoever paused it; what waits for the channel is served at once. One that isn't paused stays as it is."""
    with transaction.atomic():
        done = Channel.objects.filter(pk=channel.pk, status=ChannelStatus.PAUSED).update(
            status=ChannelStatus.ACTIVE,
            paused_by="",
            pause_reason="",
            paused_at=None,
            next_try_at=None,
            faults=0,
        )
        if done:
            batches_wake(channel, "channel_paused")
            audit_record(program=channel.program, actor=by, action="channel.resumed", subject=channel.name)
    channel.refresh_from_db()
    return channel
