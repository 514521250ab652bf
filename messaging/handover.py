"""The hand-over of one slice of a broadcast: how many, to whom, what, and what is kept of it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from batches.kinds import (
    Allowance,
    Answer,
    Begin,
    Following,
    Handover,
    HandoverWithdrawn,
    Line,
    Outcome,
    Verdict,
)
from batches.models import BatchItem, BatchRequest
from batches.states import ItemStatus

from .answers import outcome_of
from .approved import approved_compile
from .bounces import hard_bounces_suppress
from .breaker import channel_broke, channel_recovered
from .enclosing import enclosures_of
from .gate import ASK_AGAIN, Gate
from .held_places import SOON, WAITING, HeldPlaces
from .identifiers import our_id
from .models import Broadcast, Channel
from .opens import pixel_put, pixel_url
from .providers.absent import AbsentProvider
from .providers.base import LaterNews, Letter, Provider, ProviderFault, Sender
from .providers.registry import counts_opens, provider_of
from .recipients import Recipient, chain_of, erased_among, recipients_read
from .recording import MESSAGE_OF_ITEM, Record, messages_write, simulated_receipts_write
from .rendering import CannotRender, CompiledMessage, message_compile
from .states import PausedBy
from .unsubscribing import Link, link_base, link_url
from .variables import Values, participants_values, shared_values
from .windows import SILENT, open_windows

FAULTS_IN_A_SLICE = 3

log = logging.getLogger("messaging.bulk")


def broadcast_read(batch_id: int) -> Broadcast:
    """The broadcast with everything that sending needs, as of now."""
    return Broadcast.objects.select_related("batch", "channel__program", "campaign", "stage").get(pk=batch_id)


class BroadcastHandover(Handover):
    """One slice of a broadcast."""

    def __init__(self, batch: BatchRequest, broadcast: Broadcast) -> None:
        self.batch = batch
        self.broadcast = broadcast
        self.channel: Channel = broadcast.channel
        self.provider: Provider = provider_of(self.channel, self.sender_of(broadcast))
        self.concurrency = self.channel.connections
        self.timeout = self.provider.timeout
        cap = self.channel.connections_in_all
        self.places = HeldPlaces(self.channel, self.provider, cap) if cap else None
        # Waiting for tokens would keep letters that are under way from going on; a paused channel is tried with one; and
        # places are given out anew between claims.
        self.claims_ahead = not self.channel.rate and not self.channel.is_paused and self.places is None
        self.message = self.message_of(broadcast)
        self.shared = self.values_of(broadcast)
        self.chain = chain_of(batch) if batch.restart_of_id else []
        self.queued_at = batch.scheduled_for or batch.requested_at
        self.expires = (batch.started_at or timezone.now()) + timedelta(hours=broadcast.time_limit)
        self.approved = approved_compile(broadcast.approved)
        self.gate = Gate(self.channel)
        self.enclosures = enclosures_of(broadcast)
        self.counts_opens = counts_opens(self.channel)
        self._fault: ProviderFault | None = None
        self._faults = 0  # in a row
        self._answers = 0
        link_base(settings.BASE_URL)  # the first one reads all addresses: not while a claim waits

    def message_of(self, broadcast: Broadcast) -> CompiledMessage:
        """What is sent."""
        return message_compile(subject=broadcast.subject, body=broadcast.body, html=broadcast.html)

    def sender_of(self, broadcast: Broadcast) -> Sender | None:
        """Whom it comes from: as it was when it was requested. None where nothing was kept."""
        name, address = broadcast.sender_name, broadcast.sender_address
        return Sender(name=name, address=address) if name or address else None

    def values_of(self, broadcast: Broadcast) -> Values:
        """What the message may say that is the same for everybody."""
        return shared_values(self.channel.program, broadcast.campaign, broadcast.stage)

    # --- how many, when -------------------------------------------------------------------------------------------------

    def allowance(self, wanted: int) -> Allowance:
        """Tokens of the channel's pace; none while it is paused, except one to try it when a fault's wait is over."""
        if timezone.now() > self.expires:
            return Allowance(wanted)  # nothing of it will be sent: `prepare` says that it is too old
        if isinstance(self.provider, AbsentProvider):
            return self._absent(self.provider)
        if self._broken():
            return Allowance(0, timezone.now() + timedelta(seconds=1), "channel_paused")
        if self.places is not None and not self._placed(self.places):
            return Allowance(0, timezone.now() + SOON, WAITING)
        return self.gate.allowance(wanted)

    def _placed(self, places: HeldPlaces) -> bool:
        """Whether any of the channel's places are ours; as many letters as that go at once."""
        found = places.take(min(self.channel.connections, max(1, self.batch.pending)))
        self.concurrency = max(1, found)
        return found > 0

    def _absent(self, provider: AbsentProvider) -> Allowance:
        """Nobody is claimed, as nothing can be said of anybody: the channel pauses itself, and they wait."""
        now = timezone.now()
        if self.channel.next_try_at is None or self.channel.next_try_at <= now:
            self._fault = provider.fault()
        return Allowance(0, now + ASK_AGAIN, "channel_paused")

    def give_back(self, tokens: int) -> None:
        """Tokens that found nobody."""
        if timezone.now() <= self.expires:
            self.gate.give_back(tokens)

    # --- who, what ------------------------------------------------------------------------------------------------------

    def prepare(self, lines: Sequence[Line]) -> tuple[list[tuple[Line, Any]], list[Outcome]]:
        """Letters for those who may get one; outcomes for the others."""
        if timezone.now() > self.expires:
            return [], [Outcome(line.key, ItemStatus.NOT_SENT, "too_old") for line in lines]
        people = recipients_read(
            keys=[line.key for line in lines], reaches=self.provider.reaches, chain=self.chain
        )
        self._close_windows(people)
        self._find_participants(people)
        letters: list[tuple[Line, Any]] = []
        outcomes: list[Outcome] = []
        for line in lines:
            try:
                letters.append((line, self._letter(line.key, line.payload, people.get(line.key))))
            except CannotRender as problem:
                outcomes.append(Outcome(line.key, ItemStatus.SKIPPED, problem.reason, problem.detail))
            except (OperationalError, InterfaceError):
                raise
            except Exception as error:  # one letter that breaks is one failed item, never the batch
                log.exception("The letter of item %s of batch %s broke", line.key, self.batch.pk)
                words = f"{type(error).__name__}: {error}"[:300]
                outcomes.append(Outcome(line.key, ItemStatus.FAILED, "broken", words))
        self.gate.not_taken(len(outcomes))
        return letters, outcomes

    def _find_participants(self, people: dict[int, Recipient]) -> None:
        """What the campaign knows of them, if the message asks for it."""
        if "participant" in self.message.uses:
            for key, values in participants_values(self.broadcast.campaign, list(people)).items():
                if key in people:
                    people[key].participant = values

    def _close_windows(self, people: dict[int, Recipient]) -> None:
        """Free text is not for those who have been silent for too long, where the provider minds."""
        window = self.provider.window
        if window is None or self.approved is not None:
            return
        within = open_windows(self.channel, list(people), window)
        for key, person in people.items():
            if key not in within and person.obstacle is None:
                person.obstacle = (SILENT, "")

    def _letter(self, key: int, payload: Any, person: Recipient | None) -> Letter:
        """The letter to one person; raises CannotRender with the reason for leaving them out."""
        if person is None:
            raise CannotRender("erased", "")
        address = address_of(payload)
        if person.obstacle is not None and person.bounced in ("", address):
            raise CannotRender(*person.obstacle)
        problem = self.provider.address_problem(address)
        if problem:
            raise CannotRender(problem, address[:200])
        link = link_url(Link(key, self.provider.reaches, self.batch.pk))
        values = {**self.shared, "influencer": person.values, "links": {"unsubscribe": link}}
        values["participant"] = person.participant
        text = self.message.render(values)
        letter = Letter(key, our_id(self.batch.pk, key), address, person.name, text.subject, text.body)
        letter.html, letter.enclosures, letter.unsubscribe = text.html, self.enclosures, link
        if letter.html and self.counts_opens:
            letter.html = pixel_put(letter.html, pixel_url(self.channel, letter.our_id))
        if self.approved is not None:
            letter.approved = self.approved.render(values)
        self.provider.seal(letter)
        return letter

    # --- handing over ---------------------------------------------------------------------------------------------------

    async def hand_over(self, letter: Letter, begin: Begin) -> Answer:
        """Hand one letter to the provider."""
        return await self.hand_over_ahead(letter, begin, lambda: None)

    async def hand_over_ahead(self, letter: Letter, begin: Begin, following: Following) -> Answer:
        """Hand one letter to the provider. Once the provider as a whole seems to be down, the rest is not tried."""
        if self._broken():
            raise HandoverWithdrawn
        try:
            answer = await self.provider.hand_over_ahead(letter, begin, following)
        except ProviderFault as fault:
            self._fault, self._faults = fault, self._faults + 1
            return Answer(Verdict.RETRY, fault.reason, str(fault)[:300])
        self._answers, self._faults = self._answers + 1, 0
        return answer

    def not_following(self, letter: Letter) -> None:
        """The letter goes by another connection, or back."""
        self.provider.not_following(letter)

    def _broken(self) -> bool:
        return self._faults >= (1 if self.channel.is_paused else FAULTS_IN_A_SLICE)

    def outcome(self, line: Line, letter: Letter, answer: Answer) -> Outcome:
        """What an answer makes of the line, with what `record` needs."""
        return outcome_of(line, letter, answer, self.gate)

    # --- keeping --------------------------------------------------------------------------------------------------------

    def record(self, outcomes: Sequence[Outcome]) -> None:
        """Write the messages of a claim, and that addresses which don't exist are to be left alone from now on."""
        self.write([(outcome, outcome.record) for outcome in outcomes if outcome.record is not None])
        hard_bounces_suppress(provider=self.provider, outcomes=outcomes)

    def write(self, kept: Sequence[tuple[Outcome, tuple[Letter, str, datetime]]]) -> None:
        """Write these messages, and what the sandbox is going to report of those that it took."""
        records: list[Record] = []
        news: list[tuple[str, LaterNews]] = []
        erased = erased_among([outcome.key for outcome, _record in kept])
        for outcome, (letter, provider_id, at) in kept:
            status = MESSAGE_OF_ITEM[ItemStatus(outcome.status)]
            said = (letter.address, letter.subject, letter.body)
            detail = outcome.detail
            if outcome.key in erased:  # while it was being handed over
                said, detail = ("", "", ""), ""
            records.append(Record(outcome.key, status, *said, at, provider_id, outcome.reason, detail))
            if outcome.status == ItemStatus.SUCCEEDED and self.provider.simulated:
                news += [(letter.our_id, later) for later in self.provider.later(letter, at)]
        messages_write(
            batch_id=self.batch.pk, channel=self.channel, queued_at=self.queued_at, records=records
        )
        simulated_receipts_write(channel=self.channel, news=news)

    def with_letters(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """The outcomes, each with a letter made again from the frozen source where the first one was lost."""
        lost = [outcome.key for outcome in outcomes if outcome.record is None]
        people = recipients_read(keys=lost, reaches=self.provider.reaches)
        items = BatchItem.objects.filter(batch_id=self.batch.pk, key__in=lost)
        addresses = {key: address_of(payload) for key, payload in items.values_list("key", "payload")}
        now = timezone.now()
        for outcome in outcomes:
            if outcome.record is None and outcome.key in people:
                letter = self._again_printed(outcome.key, addresses.get(outcome.key, ""), people[outcome.key])
                outcome.record = (letter, "", now)
        return [outcome for outcome in outcomes if outcome.record is not None]

    def _again_printed(self, key: int, address: str, person: Recipient) -> Letter:
        try:
            text = self.message.render({**self.shared, "influencer": person.values})
            subject, body = text.subject, text.body
        except CannotRender:  # a value is gone by now: the source says more than nothing
            subject, body = self.broadcast.subject, self.broadcast.body
        return Letter(key, our_id(self.batch.pk, key), address, person.name, subject, body)

    def close(self) -> None:
        """Note what this slice has learned about the channel."""
        if self.places is not None:
            self.places.rest()
        self.gate.close()
        if self._fault is not None and (self._broken() or not self._answers):
            channel_broke(channel=self.channel, reason=self._fault.reason, words=str(self._fault))
        elif self._answers and (self.channel.faults or self.channel.paused_by == PausedBy.FAULT):
            channel_recovered(channel=self.channel)


def address_of(payload: Any) -> str:
    """The address that was frozen with the request."""
    return str((payload or {}).get("to", ""))
