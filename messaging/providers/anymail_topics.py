"""The topics of Amazon SNS that a channel hears: those that an owner named, or else the first that proves itself.

A signature only says that some topic of some customer of Amazon's has sent this. So a topic has to be known as well; one that has
our log-in is learnt once, when the channel knows none yet.
"""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from messaging.models import Channel
from messaging.news import ReportMalformed

from .sns import CONFIRMATION, TOPIC, is_signed, subscription_confirm, topic_of

TOPICS = "topics"


def topics_check(text: str) -> None:
    """Raise ValidationError unless these are names of topics, with spaces between them."""
    for name in text.split():
        if not TOPIC.fullmatch(name):
            raise ValidationError(
                _("“%(name)s” is not the ARN of an SNS topic (arn:aws:sns:region:account:name).")
                % {"name": name}
            )


def topic_is_genuine(channel: Channel, request: HttpRequest) -> bool:
    """Whether SNS has signed the call, and the channel hears its topic. The caller has shown the log-in; raises CannotTell."""
    told = message_of(request)
    topic = topic_of(told)
    return bool(topic) and _may_be_heard(channel, topic) and is_signed(told) and _is_heard(channel, topic)


def topic_asked(request: HttpRequest) -> bool:
    """Whether a topic asks if we want to hear it, and it was told so; raises ReportMalformed, and CannotTell."""
    told = message_of(request)
    if told.get("Type") != CONFIRMATION:
        return False
    if not subscription_confirm(told):
        raise ReportMalformed("SubscribeURL is not an address of Amazon SNS")
    return True


def message_of(request: HttpRequest) -> dict[str, Any]:
    """The message of SNS in a call; empty if there is none."""
    try:
        told = json.loads(request.body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _known(channel: Channel) -> list[str]:
    return str(channel.settings.get(TOPICS) or "").split()


def _may_be_heard(channel: Channel, topic: str) -> bool:
    """Looked at before Amazon is asked for anything."""
    known = _known(channel)
    return not known or topic in known


def _is_heard(channel: Channel, topic: str) -> bool:
    """The same for good: the first that calls is learnt, under a lock, so that there is one first."""
    if _known(channel):
        return True
    with transaction.atomic():
        row = Channel.objects.select_for_update(of=("self",)).get(pk=channel.pk)
        if not _known(row):
            row.settings = {**row.settings, TOPICS: topic}
            row.save(update_fields=["settings"])
    channel.settings = row.settings
    return topic in _known(channel)
