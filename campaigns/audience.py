"""Who is meant: a selection of influencers as a page hands it to the next one, and as services take it.

A selection is carried by these parameters, in an address or a form (`Selection.from_params`, `Selection.as_params`):

    ids=12,15                               these influencers (also repeated: ids=12&ids=15, as check boxes send them)
    who=all&filter=stage%3D7%26q%3Dzoe      everybody who matches the filter, written as the list's own address
            &except=12,15                   … except these
            &shown=12,15,19&ids=19          … and except those of a page's rows that have been unticked
    expected=9312                           how many the person saw; another number now means: ask again

`campaigns/_selection_fields.html` writes them as hidden fields (include it with `selection=`). The filter is the
one of the influencers' list (`campaigns.filters.InfluencerFilter`), which also knows `campaign` and `stage`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from batchadmin.accounts.models import Program
from batches.refusals import AudienceChanged, EmptyBatch
from campaigns.filters import InfluencerFilter
from campaigns.models import Campaign, Influencer, Participant, Stage
from campaigns.querysets import InfluencerQuerySet, ParticipantQuerySet, any_of

HIGHEST_ID = 2**63 - 1


class SelectionError(ValueError):
    """The parameters don't say who is meant; `str()` says so in plain words."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Influencers of one program: `ids`, or with `everything` all that match `filter` except `except_ids`."""

    ids: tuple[int, ...] = ()
    everything: bool = False
    filter: str = ""  # an address's query, such as "stage=7&q=zoe"
    except_ids: tuple[int, ...] = ()
    expected: int | None = None

    @classmethod
    def from_params(cls, params: QueryDict) -> Selection:
        """The selection that an address or a form carries; raises SelectionError for numbers that are none."""
        ids = _numbers(params.getlist("ids"))
        asked = params.get("expected", "")
        expected = _number(asked) if asked else None
        if params.get("who") != "all":
            return cls(ids=ids, expected=expected)
        unticked = [one for one in _numbers(params.getlist("shown")) if one not in ids]
        left_out = dict.fromkeys([*_numbers(params.getlist("except")), *unticked])
        return cls(
            everything=True,
            filter=params.get("filter", ""),
            except_ids=tuple(left_out),
            expected=None if expected is None else max(0, expected - len(unticked)),
        )

    def as_params(self) -> dict[str, str]:
        """The parameters that carry this selection, for `urlencode` or hidden fields."""
        params = {"who": "all", "filter": self.filter} if self.everything else {"ids": _joined(self.ids)}
        if self.except_ids:
            params["except"] = _joined(self.except_ids)
        if self.expected is not None:
            params["expected"] = str(self.expected)
        return params

    def as_query(self) -> str:
        """The parameters as the query of an address."""
        return urlencode(self.as_params())

    def expecting(self, number: int | None) -> Selection:
        """The same selection with another expected number."""
        return replace(self, expected=number)

    def influencers(self, program: Program) -> InfluencerQuerySet:
        """Who is meant, as of now; ids of other programs are nobody. Raises SelectionError for a bad filter."""
        everyone = Influencer.objects.filter(program=program).present()
        if not self.everything:
            # Django has no SQL for a query that can match nobody, but a ledger is filled by SQL; nobody has the id 0.
            return everyone.filter(pk__in=self.ids or (0,))
        narrowed = InfluencerFilter(QueryDict(self.filter), program=program)
        if not narrowed.is_valid():
            raise SelectionError(_problem(narrowed))
        found: InfluencerQuerySet = narrowed.qs
        return found.exclude(pk__in=self.except_ids) if self.except_ids else found

    def participants(self, campaign: Campaign) -> ParticipantQuerySet:
        """Those of them who are in the campaign. Raises SelectionError for a bad filter."""
        if not self.everything:
            return Participant.objects.filter(campaign=campaign).of_influencers(self.ids or (0,))
        narrowed = InfluencerFilter(QueryDict(self.filter), program=campaign.program)
        if not narrowed.is_valid():
            raise SelectionError(_problem(narrowed))
        found = participants_narrowed(narrowed, campaign)
        return found.exclude(influencer__in=self.except_ids) if self.except_ids else found

    def count(self, program: Program) -> int:
        """How many are meant, as of now."""
        return self.influencers(program).count()


def participants_narrowed(
    narrowed: InfluencerFilter, campaign: Campaign, stage: Stage | None = None
) -> ParticipantQuerySet:
    """The participants of the campaign, or of one stage of it, whom a valid filter leaves.

    What the filter says of this campaign is asked of the participants themselves. Asked of the influencers, it would join
    participants to participants, which is slow as long as PostgreSQL doesn't know that there are many.
    """
    asked = narrowed.form.cleaned_data
    # A stage is of one campaign; named beside it, the campaign would be looked up for each of its people.
    found = (
        Participant.objects.filter(stage=stage) if stage else Participant.objects.filter(campaign=campaign)
    )
    if asked["stage"] is not None:
        found = found.filter(stage=asked["stage"])
    is_of_this = asked["campaign"] in (None, campaign)
    others = narrowed.unsorted_without(*(("stage", "campaign") if is_of_this else ("stage",)))
    if not others.active:
        return found
    people = others.qs.order_by().values("pk")
    # Whom words find are as many as nobody can guess: found once, however the participants are gone through.
    return found.filter(any_of("influencer_id", people)) if asked["q"] else found.of_influencers(people)


def expected_check(selection: Selection, now: int) -> None:
    """Raise EmptyBatch for nobody, and AudienceChanged when it's another number than the person saw."""
    if not now:
        raise EmptyBatch
    if selection.expected is not None and selection.expected != now:
        raise AudienceChanged(selection.expected, now)


def _joined(numbers: Iterable[int]) -> str:
    return ",".join(str(number) for number in numbers)


def _numbers(texts: Iterable[str]) -> tuple[int, ...]:
    parts = (part for text in texts for part in text.split(","))
    return tuple(dict.fromkeys(_number(part.strip()) for part in parts if part.strip()))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text[:20]) <= HIGHEST_ID and len(text) <= 19):
        raise SelectionError(_("The selection can't be read. Go back and select again."))
    return int(text)


def _problem(narrowed: InfluencerFilter) -> str:
    fields = ", ".join(
        str(narrowed.form.fields[name].label) for name in narrowed.form.errors if name in narrowed.form.fields
    )
    return _("The filter can't be used as it is: {fields}. Go back and correct it.").format(fields=fields)
