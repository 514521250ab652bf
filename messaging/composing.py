"""What compose works out while somebody writes: whom the form means, what they would get, who is left out, how long it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from batchadmin.accounts.models import Program
from batches.reasons import Reason, reason_of
from campaigns.audience import Selection, SelectionError
from campaigns.models import Campaign, Influencer, Stage
from campaigns.querysets import InfluencerQuerySet
from campaigns.states import ChannelType

from .approved import approved_clean, approved_fit
from .audience import AudienceCheck, Terms, audience_check, terms_of, with_reasons
from .models import Channel, Template
from .providers.offers import Offer
from .providers.registry import provider_class, provider_of
from .rendering import CannotRender, TemplateFault, Text, message_compile
from .segments import Segments, segments_of
from .services.broadcasts import message_check, parts_of_template
from .variables import influencer_values, participants_values, shared_values

COUNTED_AT_ONCE = (
    2_000  # influencers of a program; of more, a page that is opened asks for the numbers when it stands
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a compose form says, as far as it is filled in."""

    program: Program
    channel: Channel | None
    selection: Selection
    subject: str = ""
    body: str = ""
    template: Template | None = None
    campaign: Campaign | None = None
    stage: Stage | None = None
    exclude_past: bool = True
    html: str = ""
    approved: dict[str, Any] = field(default_factory=dict)  # what the provider has approved, instead of text
    offer: Offer | None = None  # how the provider lists it


@dataclass
class Preview:
    """The message as one person gets it, and who that is: number `number` of `of`, counted from 1."""

    person: Influencer | None = None
    number: int = 0
    of: int = 0
    text: Text | None = None
    problem: str = ""
    address: str = ""  # where it would go
    sms: Segments | None = None  # how many SMS it is, where it goes as one
    is_chat: bool = False  # read on a phone, not in a mailbox

    @property
    def previous(self) -> int:
        return self.number - 1 if self.number > 1 else self.of

    @property
    def following(self) -> int:
        return self.number + 1 if self.number < self.of else 1


@dataclass
class LeftOut:
    """How many are left out for one reason, in words."""

    reason: Reason
    people: int


@dataclass
class Composed:
    """Everything that stands beside the form."""

    check: AudienceCheck | None = None
    left_out: list[LeftOut] = field(default_factory=list)
    preview: Preview = field(default_factory=Preview)
    faults: dict[str, str] = field(default_factory=dict)
    trouble: str = ""  # with the channel or the selection
    seconds: float | None = None
    along: str = ""  # what goes along with the text, in words
    uncounted: bool = False  # the numbers and the preview come later

    @property
    def may_send(self) -> bool:
        """Whether pressing Send would send anything."""
        return not self.faults and not self.trouble and self.check is not None and self.check.reached > 0

    @property
    def is_large(self) -> bool:
        """Whether splitting is recommended."""
        return self.check is not None and self.check.total > settings.BATCH_RECOMMENDED_SIZE


def compose_check_all(wanted: Wanted, number: int = 1, person: str = "") -> Composed:
    """Count, preview and test what is wanted; the preview is for the first who fits `person`, else for that `number`."""
    found = Composed()
    if wanted.channel is None:
        found.trouble = _("There is no channel to send with yet.")
        return found
    requires = _requires(wanted, found)
    try:
        people = wanted.selection.influencers(wanted.program)
        _count(wanted, found, people, requires)
    except SelectionError as error:
        found.trouble = str(error)
        return found
    found.trouble = provider_of(wanted.channel).problem()
    if not found.faults:
        found.preview = preview_of(wanted, people, number, person)
    found.along = along_words(wanted)
    if wanted.channel.rate and found.check:
        found.seconds = found.check.reached / wanted.channel.rate
    return found


def is_large(wanted: Wanted) -> bool:
    """Whether counting may take longer than somebody should wait for a page."""
    if not wanted.selection.everything:
        return False
    people = Influencer.objects.filter(program=wanted.program).present()
    return people.order_by()[: COUNTED_AT_ONCE + 1].count() > COUNTED_AT_ONCE


def compose_uncounted(wanted: Wanted) -> Composed:
    """What can be said without looking at the people."""
    if wanted.channel is None:
        return compose_check_all(wanted)
    found = Composed(uncounted=True)
    _requires(wanted, found)
    found.trouble = provider_of(wanted.channel).problem()
    return found


def along_words(wanted: Wanted) -> str:
    """What of the template goes along: its files always, its HTML while the text is its own. Empty if it has neither."""
    parts = parts_of_template(wanted.template, wanted.body)
    if not parts:
        return ""
    words = [one.name for one in parts["attachments"]]
    if parts["html"]:
        words.insert(0, _("the template's HTML"))
    elif wanted.template is not None and wanted.template.html:
        words.insert(0, _("not the template's HTML, because the text is another"))
    return _("Goes along: %(what)s.") % {"what": ", ".join(words)} if words else ""


def compose_requires(wanted: Wanted) -> Sequence[tuple[str, ...]]:
    """The variables that the message needs; none of a text that can't be used."""
    return _requires(wanted, Composed())


def _requires(wanted: Wanted, found: Composed) -> Sequence[tuple[str, ...]]:
    """The variables that the message needs; what is wrong with its text is noted."""
    if not wanted.body.strip():
        found.faults["body"] = _("Write a message.")
        return ()
    try:
        approved_fit(approved_clean(wanted.approved), wanted.offer)
        message_check(subject=wanted.subject, body=wanted.body, campaign=wanted.campaign, stage=wanted.stage)
        return sorted(message_compile(subject=wanted.subject, body=wanted.body).requires)
    except TemplateFault as fault:
        found.faults[fault.field] = str(fault)
        return ()


def _count(
    wanted: Wanted, found: Composed, people: QuerySet[Influencer, Any], requires: Sequence[tuple[str, ...]]
) -> None:
    if wanted.channel is None:
        return
    terms = composed_terms(wanted, wanted.channel)
    same = (" ".join(wanted.subject.split()), wanted.body.replace("\r\n", "\n"))
    found.check = audience_check(
        program=wanted.program, people=people, terms=terms, requires=requires, same_message=same
    )
    found.left_out = [LeftOut(reason_of(left.reason), left.people) for left in found.check.left_out]


def composed_terms(wanted: Wanted, channel: Channel) -> Terms:
    """Who would be left out as of now; free text is not for the silent, where the provider minds."""
    provider = provider_class(channel)
    terms = terms_of(reaches=provider.reaches, template=wanted.template, exclude_past=wanted.exclude_past)
    if provider.window is None or wanted.approved:
        return terms
    return replace(terms, window=(channel.pk, provider.window))


def preview_of(wanted: Wanted, people: InfluencerQuerySet, number: int, words: str = "") -> Preview:
    """The message as one of those who are written to gets it: the first whom the words fit, else the one with the number."""
    if wanted.channel is None:
        return Preview()
    provider = provider_class(wanted.channel)
    terms = composed_terms(wanted, wanted.channel)
    people = people.order_by("known_as", "pk")
    reached = with_reasons(people, terms).filter(reason_="")
    of = reached.count()
    preview = Preview(of=of, is_chat=provider.reaches != ChannelType.EMAIL)
    if not of:
        preview.problem = _("Nobody would get it, so there is nothing to preview.")
        return preview
    preview.number = min(max(number, 1), of)
    fitting = with_reasons(people.search(words), terms).filter(reason_="") if words else None
    preview.person = reached[preview.number - 1] if fitting is None else fitting.first()
    if preview.person is None:
        preview.problem = _("Nobody who gets it matches “%(words)s”.") % {"words": words}
        return preview
    if words:
        preview.number = reached.filter(_before(preview.person)).count() + 1
    preview.address = preview.person.address(provider.reaches) or ""
    fill_in(preview, wanted, preview.person)
    if preview.text and provider.reaches == ChannelType.SMS:
        preview.sms = segments_of(preview.text.body)
    return preview


def _before(person: Influencer) -> Q:
    """Who comes before somebody in the order of the preview."""
    return Q(known_as__lt=person.known_as) | Q(known_as=person.known_as, pk__lt=person.pk)


def fill_in(preview: Preview, wanted: Wanted, person: Influencer) -> None:
    """Render the message for the previewed person, or say why they would be skipped."""
    values = shared_values(wanted.program, wanted.campaign, wanted.stage)
    try:
        message = message_compile(subject=wanted.subject, body=wanted.body, html=wanted.html)
        participant = participants_values(wanted.campaign, [person.pk]).get(person.pk, {})
        preview.text = message.render(
            {**values, "influencer": influencer_values(person), "participant": participant}
        )
    except CannotRender as problem:
        words = str(reason_of(problem.reason).words)
        preview.problem = _("%(name)s would be skipped: %(words)s (%(detail)s).") % {
            "name": person.name,
            "words": words[:1].lower() + words[1:],
            "detail": problem.detail,
        }
    except TemplateFault as fault:
        preview.problem = str(fault)
