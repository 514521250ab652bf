"""Making and changing influencers, one at a time; many at once come by an import."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from batchadmin.accounts.models import Program, User
from batchadmin.accounts.services import audit_record
from batchadmin.lib.addresses import email_clean, msisdn_clean
from campaigns.handles import handles_clean
from campaigns.kept import opt_outs_restore
from campaigns.models import Influencer
from campaigns.suppressions import bounces_forget

IDENTIFIERS = ("email", "msisdn", "external_id")
FIELDS = frozenset({*IDENTIFIERS, "first_name", "last_name", "handles", "tags", "attributes"})


def influencer_create(*, program: Program, by: User, **fields: Any) -> Influencer:
    """A new influencer with the given fields (those in FIELDS), written in their one form.

    Raises ValidationError by field for an address that is none, for one that another influencer has (naming that
    one), and for nobody at all: one of name, address, ID or handle is needed.
    """
    influencer = Influencer(program=program)
    return _save(influencer, fields, by=by, action="influencer.created")


def influencer_update(*, influencer: Influencer, by: User, **fields: Any) -> Influencer:
    """Change the given fields of an influencer and no others, whatever has become of these since it was read.

    Raises ValidationError as `influencer_create` does, and for somebody who was erased meanwhile.
    """
    return _save(influencer, fields, by=by, action="influencer.changed")


def _save(influencer: Influencer, fields: dict[str, Any], *, by: User, action: str) -> Influencer:
    unknown = fields.keys() - FIELDS
    if unknown:
        raise TypeError(f"An influencer has no {', '.join(sorted(unknown))}.")
    cleaned, is_new = _clean(fields), influencer._state.adding
    try:
        with transaction.atomic():
            if not is_new:
                _read_again(influencer)
            for name, value in cleaned.items():
                setattr(influencer, name, value)
            influencer.updated_at = timezone.now()
            _check(influencer)
            influencer.save(update_fields=None if is_new else [*cleaned, "updated_at"])
            bounces_forget(influencer_ids=[influencer.pk])
            opt_outs_restore(program_id=influencer.program_id, influencer_ids=[influencer.pk])
            audit_record(
                program=influencer.program,
                actor=by,
                action=action,
                subject=influencer.name,
                influencer=influencer.pk,
                fields=sorted(fields),
            )
    except IntegrityError:  # somebody was quicker
        _check(influencer)
        raise
    return influencer


def _read_again(influencer: Influencer) -> None:
    """Have the influencer as they are by now, and nobody else change them before the transaction ends.

    Raises ValidationError for somebody who was erased: what a page had read of them before is not to come back.
    """
    present = (
        Influencer.objects.select_for_update(no_key=True, of=("self",)).select_related("program").present()
    )
    try:
        influencer.refresh_from_db(from_queryset=present)
    except Influencer.DoesNotExist:
        raise ValidationError(_("This person has been erased meanwhile.")) from None


def _clean(fields: dict[str, Any]) -> dict[str, Any]:
    cleaned, problems = dict(fields), {}
    cleaners: dict[str, Callable[[Any], Any]] = {
        "email": email_clean,
        "msisdn": msisdn_clean,
        "external_id": _text_or_none,
        "handles": handles_clean,
    }
    for name in cleaners.keys() & fields.keys():
        try:
            cleaned[name] = cleaners[name](fields[name])
        except ValidationError as error:
            problems[name] = error.messages
    if problems:
        raise ValidationError(problems)
    return cleaned


def _text_or_none(text: str | None) -> str | None:
    return (text or "").strip() or None


def _check(influencer: Influencer) -> None:
    known = (
        influencer.full_name,
        influencer.email,
        influencer.msisdn,
        influencer.external_id,
        influencer.handles,
    )
    if not any(known):
        raise ValidationError(_("Write at least a name, an address, an ID or a handle."))
    others = Influencer.objects.filter(program=influencer.program).exclude(pk=influencer.pk)
    problems = {}
    for name in IDENTIFIERS:
        value = getattr(influencer, name)
        other = others.filter(**{name: value}).first() if value else None
        if other:
            problems[name] = _("{name} has this already.").format(name=other.name)
    if problems:
        raise ValidationError(problems)
    influencer.full_clean(exclude=["program"], validate_unique=False, validate_constraints=False)
