"""What needs a person: each line says what it is and leads to where it can be settled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists, F, OuterRef, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from batchadmin.accounts.models import Membership, Program
from batchadmin.lib.templatetags.ui import amount, duration
from batches.models import BatchRequest
from batches.presentation import Workers, stall_of
from batches.registry import kind_of
from batches.states import BatchStatus
from campaigns.models import KEPT, Campaign, Import, Influencer

from .audience import AUTOMATED
from .automation.faults import fault_sentence
from .automation.late import troubles_of
from .automation.late_words import late_sentence
from .models import Channel
from .states import PausedBy

MOST = 10  # of each sort
NEEDED_FOR = timedelta(days=14)  # how long an unknown outcome asks for attention


@dataclass(frozen=True, slots=True)
class Need:
    """One line: in words, with the button that leads to it; `id` is the same while it is the same need."""

    id: str
    words: str
    url: str
    label: str
    icon: str = "alert-triangle"
    colour: str = "orange"


@dataclass(frozen=True, slots=True)
class FirstStep:
    """One of the first steps in a new program, and whether it has been taken."""

    words: str
    text: str
    url: str
    done: bool


def needs_of(
    membership: Membership, live: Sequence[BatchRequest], channels: Sequence[Channel], workers: Workers
) -> list[Need]:
    """Everything that waits for a person in the member's program; `live` are its live batches, `channels` all of its own."""
    slug = membership.program.slug
    return [
        *_unknown(membership),
        *(_paused(channel, slug) for channel in channels if channel.is_paused),
        *_overdue(live),
        *_rejected(membership, slug),
        *_stalled(live, workers),
        *_dates(membership),
    ]


def _unknown(membership: Membership) -> list[Need]:
    since = timezone.now() - NEEDED_FOR
    batches = BatchRequest.objects.visible_to(membership).select_related("program").filter(unknown__gt=0)
    found = []
    for batch in batches.filter(finished_at__gte=since, listed=True).newest_first()[:MOST]:
        words = ngettext(
            "{count} outcome is unknown in {name}", "{count} outcomes are unknown in {name}", batch.unknown
        ).format(count=amount(batch.unknown), name=batch.title)
        url = f"{kind_of(batch).page(batch)}?status=unknown"
        found.append(Need(f"unknown-{batch.pk}", words, url, _("Decide"), "help-circle", "purple"))
    return found


def _paused(channel: Channel, slug: str) -> Need:
    by_itself = channel.paused_by == PausedBy.FAULT
    words = _("{name} has paused itself") if by_itself else _("{name} is paused by hand")
    words = words.format(name=channel.name)
    if channel.pause_reason:
        words = f"{words}: {channel.pause_reason.rstrip('.')}"
    if channel.next_try_at:
        at = date_format(timezone.localtime(channel.next_try_at), "H:i")
        words = _("{words}. Next try {time}").format(words=words, time=at)
    url = reverse("channel", kwargs={"program": slug, "pk": channel.pk})
    return Need(f"paused-{channel.pk}", words, url, _("Look"))


def _overdue(live: Iterable[BatchRequest]) -> list[Need]:
    found = []
    for batch in live:
        if batch.status == BatchStatus.OVERDUE:
            words = ngettext(
                "{name} is overdue: {count} still waits",
                "{name} is overdue: {count} still wait",
                batch.waiting,
            )
            words = words.format(name=batch.title, count=amount(batch.waiting))
            found.append(Need(f"overdue-{batch.pk}", words, kind_of(batch).page(batch), _("Look")))
    return found


def _rejected(membership: Membership, slug: str) -> list[Need]:
    since = timezone.now() - KEPT
    imports = Import.objects.visible_to(membership).filter(created_at__gte=since, erased_at=None)
    counted = imports.annotate(rejected=Sum("bulks__members_rejected")).filter(rejected__gt=0)
    found = []
    for one in counted.newest_first()[:MOST]:
        count: int = one.rejected  # type: ignore[attr-defined]
        left = duration((one.erased_from - timezone.now()).total_seconds() // 3600 * 3600)
        words = ngettext(
            "{count} row of {name} was rejected, kept for {time}",
            "{count} rows of {name} were rejected, kept for {time}",
            count,
        ).format(count=amount(count), name=one, time=left)
        url = reverse("import", kwargs={"program": slug, "pk": one.pk})
        found.append(Need(f"rejected-{one.pk}", words, url, _("Mend"), "file-import"))
    return found


def _stalled(live: Iterable[BatchRequest], workers: Workers) -> list[Need]:
    """Those that stand still though they could go on; who waits for a channel's pace or a further try doesn't."""
    found = []
    for batch in live:
        waits = batch.wake_at is not None and batch.wake_at > timezone.now()
        stall = None if waits else stall_of(batch, workers)
        if stall is None or not (batch.listed or batch.kind == AUTOMATED):
            continue
        if batch.listed:
            name, url = batch.title, kind_of(batch).page(batch)
        else:
            name = _("What goes out by itself is late ({name})").format(name=batch.title)
            url = reverse("automation", kwargs={"program": batch.program.slug})
        found.append(Need(f"stalled-{batch.pk}", f"{name}: {stall.label}. {stall.cause}", url, _("Look")))
    return found[:MOST]


def _dates(membership: Membership) -> list[Need]:
    """What was due on a date while nothing ran, and what should go out on one and can't."""
    url = reverse("automation", kwargs={"program": membership.program.slug})
    lates, broken = troubles_of(membership.program, timezone.now())
    missed = [
        Need(f"late-{late.template.pk}", late_sentence(late).rstrip("."), f"{url}#late", _("Decide"))
        for late in lates[:MOST]
    ]
    held = [
        Need(f"broken-{watch.pk}", fault_sentence(watch), f"{url}#broken", _("Look"))
        for watch in broken[:MOST]
    ]
    return [*missed, *held]


def first_steps(membership: Membership) -> list[FirstStep]:
    """What to do in a new program, in order; one query."""
    program = membership.program
    of_program = {"program": OuterRef("pk")}
    has = Program.objects.filter(pk=program.pk).values(
        channel=Exists(Channel.objects.filter(**of_program)),
        people=Exists(Influencer.objects.filter(**of_program)),
        campaign=Exists(Campaign.objects.filter(**of_program)),
        name_=F("name"),
    )[0]

    def step(words: str, text: str, page: str, done: bool) -> FirstStep:
        return FirstStep(words, text, reverse(page, kwargs={"program": program.slug}), done)

    return [
        step(_("Add a channel"), _("E-mail, WhatsApp or SMS; the sandbox only simulates."), "channels", has["channel"]),
        step(_("Import your influencers"), _("From a CSV or XLSX file; nothing is saved unseen."), "import-new", has["people"]),
        step(_("Start a campaign"), _("With stages to move people through, and templates."), "campaigns", has["campaign"]),
        step(_("Write a message"), _("You see it as each person gets it before it goes out."), "broadcast-new", False),
    ]  # fmt: skip
