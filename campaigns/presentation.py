"""How people and stages are put into words and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from batchadmin.lib.languages import spoken as _
from batchadmin.lib.templatetags.ui import NOT_MEASURED
from batches.models import BatchRequest
from campaigns.audience import Selection
from campaigns.handles import network_name
from campaigns.models import Influencer, Stage
from campaigns.states import ChannelType, Phase


def handle_shown(influencer: Influencer) -> SafeString | str:
    """The first handle with @, or –."""
    handle = influencer.first_handle
    return format_html("<bdi>@{}</bdi>", handle) if handle else NOT_MEASURED


def handles_shown(influencer: Influencer) -> SafeString:
    """All handles with @ and their networks; empty where there are none."""
    parts = ((handle, network_name(network)) for network, handle in influencer.handles.items())
    return format_html_join(", ", "<bdi>@{}</bdi> ({})", parts)


def address_shown(address: str) -> str:
    """An address as people write it: phone numbers are kept without the "+" that they begin with."""
    return f"+{address}" if address.isdigit() else address


def reach_word(influencer: Influencer, channel_type: ChannelType) -> str:
    """Whether somebody can be reached this way: "yes", "no", or "opted out". Wants `opt_outs` prefetched."""
    if any(opt_out.channel_type == channel_type for opt_out in influencer.opt_outs.all()):
        return _("opted out")
    return _("yes") if influencer.address(channel_type) else _("no")


@dataclass(frozen=True, slots=True)
class Ticks:
    """Which rows of a page are ticked, and what is selected beyond it."""

    selection: Selection
    shown: tuple[int, ...]

    def has(self, pk: int) -> bool:
        """Whether the row of this influencer is ticked."""
        return pk not in self.selection.except_ids if self.selection.everything else pk in self.selection.ids

    @property
    def elsewhere(self) -> Selection:
        """The part of the selection that isn't on the page, for hidden fields beside the boxes."""
        chosen = self.selection
        on_page = set(self.shown)
        return Selection(
            ids=tuple(one for one in chosen.ids if one not in on_page),
            everything=chosen.everything,
            filter=chosen.filter,
            except_ids=tuple(one for one in chosen.except_ids if one not in on_page),
        )

    @property
    def count(self) -> int:
        """How many are selected."""
        chosen = self.selection
        return chosen.expected or 0 if chosen.everything else len(chosen.ids)

    @property
    def expected_if_all_shown(self) -> int:
        """What `expected` is with every row of the page ticked: what is unticked is taken off when it's sent."""
        return self.count + sum(1 for one in self.shown if one in self.selection.except_ids)

    @property
    def shown_text(self) -> str:
        """The rows of the page, for a hidden field."""
        return ",".join(str(one) for one in self.shown)


@dataclass(frozen=True, slots=True)
class StageTile:
    """A stage in the strip of a campaign; `filling` is the batch that locks it."""

    stage: Stage
    people: int
    filling: BatchRequest | None
    current: bool

    @property
    def percent(self) -> int | None:
        """How far the batch that fills it is."""
        return None if self.filling is None else self.filling.percent


@dataclass(frozen=True, slots=True)
class PhaseTiles:
    """The stages of one phase."""

    label: str
    tiles: Sequence[StageTile]


def strip_of(stages: Sequence[Stage], current: Stage | None) -> list[PhaseTiles]:
    """The stages of a campaign, as `with_counts` has read them, by phase and with locks: one query for any number."""
    locks = {stage.lock: stage for stage in stages}
    filling = {
        locks[batch.lock].pk: batch
        for batch in BatchRequest.objects.live()
        .filter(lock__in=list(locks))
        .select_related("requester", "program")
    }
    tiles = [
        StageTile(stage, stage.people, filling.get(stage.pk), current is not None and stage.pk == current.pk)
        for stage in stages
    ]
    by_phase = [(phase, [tile for tile in tiles if tile.stage.phase == phase]) for phase in Phase]
    return [PhaseTiles(str(phase.label), found) for phase, found in by_phase if found]


def strip_version(strip: Sequence[PhaseTiles]) -> str:
    """A text that changes when the strip does."""
    return "-".join(
        f"{tile.stage.pk}.{tile.people}.{'' if tile.filling is None else tile.filling.done}"
        for phase in strip
        for tile in phase.tiles
    )
