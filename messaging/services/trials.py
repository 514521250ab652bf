"""Trying a message out on oneself."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence

from django.utils.translation import gettext as _

from batchadmin.accounts.models import Program, User
from batches.kinds import Answer, Verdict
from batches.reasons import reason_of
from campaigns.models import Campaign, Influencer, Stage
from campaigns.states import ChannelType
from messaging.enclosing import enclosure_read
from messaging.models import Attachment, Channel
from messaging.place_for_one import place_for_one
from messaging.providers.base import CHECK_SECONDS, Letter, Provider, ProviderFault
from messaging.providers.registry import provider_of
from messaging.rendering import message_compile
from messaging.variables import influencer_values, participants_values, shared_values

from .channels import ChannelInvalid


def trial_send(
    *,
    program: Program,
    by: User,
    channel: Channel,
    subject: str,
    body: str,
    influencer: Influencer | None,
    campaign: Campaign | None = None,
    stage: Stage | None = None,
    html: str = "",
    attachments: Sequence[Attachment] = (),
) -> str:
    """Send the message to the user's own address, filled in as for `influencer`. Returns the address.

    Raises TemplateFault, CannotRender when a value is missing, and ChannelInvalid when the provider doesn't take it.
    """
    provider = provider_of(channel)
    if not provider.installed:
        raise ChannelInvalid(provider.problem())
    if provider.reaches != ChannelType.EMAIL:
        raise ChannelInvalid(_("A test can be sent by e-mail only: your account has no phone number."))
    if provider.problem():
        raise ChannelInvalid(provider.problem())
    message = message_compile(subject=subject, body=body, html=html)
    values = {"influencer": influencer_values(influencer) if influencer else {}}
    if influencer is not None:
        values["participant"] = participants_values(campaign, [influencer.pk]).get(influencer.pk, {})
    text = message.render({**shared_values(program, campaign, stage), **values})
    title = _("[Test] %(subject)s") % {"subject": text.subject}
    letter = Letter(0, f"t{uuid.uuid4().hex}", by.email, by.full_name, title, text.body)
    letter.html = text.html
    letter.enclosures = tuple(enclosure_read(attachment.pk) for attachment in attachments)
    provider.seal(letter)
    with place_for_one(channel) as found:
        if not found:
            raise ChannelInvalid(
                _("The channel is handing over as many messages as it may. Try again in a moment.")
            )
        answer = asyncio.run(_handed_over(provider, letter))
    if answer.verdict is not Verdict.ACCEPTED:
        raise ChannelInvalid(f"{reason_of(answer.reason).words}: {answer.detail}".strip(": "))
    return str(by.email)


async def _handed_over(provider: Provider, letter: Letter) -> Answer:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await provider.hand_over(letter, begin=lambda: None)
    except ProviderFault as fault:
        raise ChannelInvalid(f"{reason_of(fault.reason).words}: {fault}") from fault
    except TimeoutError as silence:
        words = _("No answer within %(seconds)d seconds.") % {"seconds": int(CHECK_SECONDS)}
        raise ChannelInvalid(words) from silence
    finally:
        if provider.channel.connections_in_all:
            await provider.rest(0)
        await provider.aclose()
