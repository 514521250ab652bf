"""Making campaigns and shaping their stages."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from batchadmin.accounts.models import Program, User
from batchadmin.accounts.services import audit_record
from campaigns.models import Campaign, Stage, StageChange
from campaigns.signals import campaign_created, stage_uses
from campaigns.states import Phase


@dataclass(frozen=True, slots=True)
class StageDraft:
    """A stage as somebody wants it; `pk` of the one that exists, None for a new one."""

    name: str
    phase: Phase
    pk: int | None = None


def default_stages() -> list[StageDraft]:
    """The stages that a campaign starts with unless told otherwise."""
    return [
        StageDraft(_("Invited"), Phase.CANDIDATES),
        StageDraft(_("Accepted"), Phase.PARTICIPANTS),
        StageDraft(_("Confirmed"), Phase.PARTICIPANTS),
        StageDraft(_("Posted"), Phase.PARTICIPANTS),
        StageDraft(_("Paid"), Phase.COMPLETE),
        StageDraft(_("Dropped"), Phase.DROPPED),
    ]


def campaign_create(
    *, program: Program, name: str, by: User, stages: Sequence[StageDraft] | None = None
) -> Campaign:
    """A new campaign with these stages, or with the usual ones.

    Raises ValidationError for an empty name or one that another campaign of the program has.
    """
    campaign = Campaign(program=program, name=name.strip())
    campaign.full_clean()
    drafts = _ordered(default_stages() if stages is None else stages)
    try:
        with transaction.atomic():
            campaign.save()
            Stage.objects.bulk_create(
                Stage(campaign=campaign, name=draft.name, phase=draft.phase, position=position)
                for position, draft in enumerate(drafts, start=1)
            )
            audit_record(program=program, actor=by, action="campaign.created", subject=campaign.name)
            campaign_created.send(Campaign, campaign=campaign, by=by)
    except IntegrityError:  # somebody was quicker
        campaign.full_clean()
        raise
    return campaign


def stages_change(
    *, campaign: Campaign, stages: Sequence[StageDraft], by: User, seen: Collection[int] | None = None
) -> None:
    """Give a campaign these stages in this order (within each phase); those that are left out go.

    `seen` are the stages that whoever left some out had before them. Raises ValidationError, and changes nothing, for no
    stage at all, two of one name, a stage of another campaign, one that somebody has added since, and for leaving out one
    that has people, or history, or that something else needs, such as a template.
    """
    drafts = _ordered(stages)
    with transaction.atomic():
        Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)  # one after the other
        there = {stage.pk: stage for stage in campaign.stages.select_for_update()}
        _check_seen(there, seen)
        kept = {draft.pk for draft in drafts if draft.pk is not None}
        if kept - there.keys():
            raise ValidationError(_("One of the stages belongs to another campaign. Load the page again."))
        for stage in there.values():
            if stage.pk not in kept:
                _remove(stage)
        # Names are unique too: step aside first, so that two stages can trade theirs.
        for pk in kept:
            Stage.objects.filter(pk=pk).update(name=f"\x01{pk}")
        for position, draft in enumerate(drafts, start=1):
            _put(campaign, draft, position)
        audit_record(
            program=campaign.program, actor=by, action="campaign.stages_changed", subject=campaign.name
        )


def _check_seen(there: Mapping[int, Stage], seen: Collection[int] | None) -> None:
    """Raise ValidationError for a stage that nobody can have meant to leave out."""
    new = [] if seen is None else [stage.name for pk, stage in there.items() if pk not in seen]
    if new:
        words = _("Somebody else has added “{stage}” meanwhile. Load the page again.")
        raise ValidationError(words.format(stage=new[0]))


def _put(campaign: Campaign, draft: StageDraft, position: int) -> None:
    values = {"name": draft.name, "phase": draft.phase, "position": position}
    if draft.pk is None:
        Stage.objects.create(campaign=campaign, **values)
    else:
        Stage.objects.filter(pk=draft.pk).update(**values)


def _ordered(stages: Sequence[StageDraft]) -> list[StageDraft]:
    """The stages in the order of their phases; raises ValidationError for none, an empty name, or two of a name."""
    drafts = [StageDraft(draft.name.strip(), Phase(draft.phase), draft.pk) for draft in stages]
    names = [draft.name.casefold() for draft in drafts]
    if not drafts:
        raise ValidationError(_("A campaign needs at least one stage."))
    if not all(names):
        raise ValidationError(_("Each stage needs a name."))
    if len(set(names)) < len(names):
        raise ValidationError(_("Two stages have the same name. Give each its own."))
    if any(len(name) > 80 for name in names):
        raise ValidationError(_("A stage's name is at most 80 characters long."))
    phases = list(Phase)
    return sorted(drafts, key=lambda draft: phases.index(draft.phase))


def _remove(stage: Stage) -> None:
    people = stage.participants.count()
    if people:
        raise ValidationError(
            ngettext(
                "“{stage}” can't go: {people:,} person stands there. Move them first.",
                "“{stage}” can't go: {people:,} people stand there. Move them first.",
                people,
            ).format(stage=stage.name, people=people)
        )
    steps = StageChange.objects.filter(to_stage=stage) | StageChange.objects.filter(from_stage=stage)
    if steps.exists() or stage.updates.exists():
        raise ValidationError(
            _("“{stage}” can't go: it is part of people's history. Rename it instead.").format(
                stage=stage.name
            )
        )
    uses = stage_uses(stage)
    if uses:
        words = _("“{stage}” can't go: {why}")
        raise ValidationError(words.format(stage=stage.name, why=" ".join(uses)))
    stage.delete()
