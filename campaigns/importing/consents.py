"""What an API's members say about being written to, written for a whole chunk with a few statements.

The person's own word stands: `email_enabled: true` lifts what an import or a member of the program has noted, and
nothing else. Each change is kept with its reason, and so is the first consent of somebody new.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection

from campaigns.importing.matching import Decision
from campaigns.states import ChannelType, OptOutSource, RowFate, SubscriptionKind

_WISHES = "jsonb_to_recordset(%s::jsonb) AS wish (influencer_id bigint, channel text, reason text)"
_HISTORY = (
    "INSERT INTO campaigns_optchange (influencer_id, channel_type, opted_out, source, reason, at)"
    f" SELECT influencer_id, channel, %s, '{OptOutSource.IMPORT}', reason, clock_timestamp() FROM {_WISHES}"
)
_OPT_OUT = (
    "INSERT INTO campaigns_optout (influencer_id, channel_type, at, reason, by_person, source, address)"
    f" SELECT influencer_id, channel, clock_timestamp(), reason, false, '{OptOutSource.IMPORT}', '' FROM {_WISHES}"
    " ON CONFLICT DO NOTHING RETURNING influencer_id, channel_type"
)
_LIFT = (
    f"DELETE FROM campaigns_optout AS opt_out USING {_WISHES} WHERE opt_out.influencer_id = wish.influencer_id"
    " AND opt_out.channel_type = wish.channel AND NOT opt_out.by_person"
    f" AND opt_out.source IN ('{OptOutSource.IMPORT}', '{OptOutSource.MANAGER}')"
    " RETURNING opt_out.influencer_id, opt_out.channel_type"
)
_PUSH_OFF = (
    "UPDATE campaigns_subscription SET opted_in = false WHERE influencer_id = ANY(%s)"
    f" AND kind = '{SubscriptionKind.PUSH}' AND opted_in RETURNING influencer_id"
)

Wish = dict[str, Any]


def consents_write(decisions: Sequence[Decision]) -> None:
    """Write what the members of these rows say. A row that changes nothing but this counts as a change."""
    told = [one for one in decisions if one.member.consent and one.influencer_id and one.problem is None]
    if not told:
        return
    changed = _outs(told) | _ins(told) | _push_off(told)
    for decision in told:
        if decision.fate == RowFate.UNCHANGED and decision.influencer_id in changed:
            decision.fate = RowFate.UPDATED


def _wishes(decisions: Sequence[Decision], *, enabled: bool) -> list[Wish]:
    """Who says so of which channel; somebody new says so of each address they come with."""
    found = []
    for one in decisions:
        consent = one.member.consent
        for channel, word, address in (
            (ChannelType.EMAIL, consent and consent.email, one.values.get("email")),
            (ChannelType.SMS, consent and consent.sms, one.values.get("msisdn")),
        ):
            if word is enabled and (address or one.fate != RowFate.CREATED or not enabled):
                reason = consent.reason[:200] if consent else ""
                found.append({"influencer_id": one.influencer_id, "channel": str(channel), "reason": reason})
    return found


def _outs(decisions: Sequence[Decision]) -> set[int]:
    return _change(_OPT_OUT, _wishes(decisions, enabled=False), opted_out=True)


def _ins(decisions: Sequence[Decision]) -> set[int]:
    new = [one for one in decisions if one.fate == RowFate.CREATED]
    _note(_wishes(new, enabled=True), opted_out=False)
    known = [one for one in decisions if one.fate != RowFate.CREATED]
    return _change(_LIFT, _wishes(known, enabled=True), opted_out=False)


def _change(statement: str, wishes: Sequence[Wish], *, opted_out: bool) -> set[int]:
    """Do it for all of them, note it for those whom it has changed, and say who they are."""
    if not wishes:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(statement, [json.dumps(wishes)])
        changed = set(cursor.fetchall())
    _note([one for one in wishes if (one["influencer_id"], one["channel"]) in changed], opted_out=opted_out)
    return {influencer_id for influencer_id, _channel in changed}


def _note(wishes: Sequence[Wish], *, opted_out: bool) -> None:
    if wishes:
        with connection.cursor() as cursor:
            cursor.execute(_HISTORY, [opted_out, json.dumps(wishes)])


def _push_off(decisions: Sequence[Decision]) -> set[int]:
    """Devices that get no more push messages. None is switched on again: nobody knows who switched it off."""
    who = [one.influencer_id for one in decisions if one.member.consent and one.member.consent.push is False]
    if not who:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_PUSH_OFF, [who])
        return {influencer_id for (influencer_id,) in cursor.fetchall()}
