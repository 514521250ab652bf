"""Who enters a stage is sent its templates: answered in the transaction that moves them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from batchadmin.accounts.models import User
from batchadmin.lib.templatetags.ui import amount
from batches.reasons import reason_of
from campaigns.models import Influencer, Stage
from messaging.audience import AudienceCheck, audience_check
from messaging.models import AutomatedDelivery, Template
from messaging.providers.registry import provider_class
from messaging.rendering import TemplateFault, message_compile

from .deliveries import deliver, terms_of_template

_ENTERED = (
    "SELECT participant.influencer_id FROM campaigns_stagechange change"
    " JOIN campaigns_participant participant ON participant.id = change.participant_id WHERE change.id = ANY(%s)"
)


def entries_answer(*, stage: Stage, change_ids: Sequence[int], by: User | None) -> int:
    """Have the stage's templates sent to those who have just entered it; part of the move's own transaction.

    Returns how many batches that made: one a template and chunk, none for those who have had them all.
    """
    made = 0
    for template in Template.objects.sent_on_entering(stage):
        batch = deliver(
            template=template,
            due=_ENTERED,
            params=[list(change_ids)],
            campaign=stage.campaign,
            stage=stage,
            by=by,
        )
        made += batch is not None
    return made


def entry_consequences(*, stage: Stage, influencers: QuerySet[Influencer, Any]) -> list[str]:
    """What entering the stage would send to these people, one sentence a template, with how many."""
    return [
        _sentence(template, consequence_of(template, influencers))
        for template in Template.objects.sent_on_entering(stage)
    ]


def consequence_of(template: Template, influencers: QuerySet[Influencer, Any]) -> AudienceCheck:
    """How many of these people would be sent the template by itself now, and who would be left out."""
    had = AutomatedDelivery.objects.filter(template=template, influencer=OuterRef("pk"))
    try:
        requires = sorted(message_compile(subject=template.subject, body=template.body).requires)
    except TemplateFault:  # saved ones compile; a stricter version of the program may know better
        requires = []
    return audience_check(
        program=template.program,
        people=influencers.filter(~Exists(had)),
        terms=terms_of_template(template),
        requires=requires,
    )


def _sentence(template: Template, check: AudienceCheck) -> str:
    if not check.total:
        return _("Entering sends “%(name)s” to nobody: they have all had it.") % {"name": template.name}
    words = _("Entering sends “%(name)s” to %(reached)s of them, by %(channel)s.") % {
        "name": template.name,
        "reached": amount(check.reached),
        "channel": template.channel,
    }
    if template.channel is not None and not provider_class(template.channel).installed:
        words += " " + _("They wait: this channel's provider is not installed here.")
    reasons = [f"{amount(left.people)}: {reason_of(left.reason).words}" for left in check.left_out]
    if check.lacking_any:
        reasons.append(f"{amount(check.lacking_any)}: {reason_of('missing_variable').words}")
    return f"{words} {_('Left out:')} {'; '.join(reasons)}." if reasons else words
