"""How lists of influencers are narrowed down; the same filter chooses who is in a batch."""

# django-filter carries no types.
# mypy: disable-error-code="no-untyped-call,no-any-return,name-defined,misc"

from __future__ import annotations

from decimal import Decimal
from typing import Any

import django_filters as filters
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from batchadmin.accounts.models import Program
from campaigns.models import Campaign, Influencer, Participant, Stage
from campaigns.states import ChannelType

HELD_AT_ONCE = (
    100_000  # keys; with 4 MB for a sort or a table (`work_mem`), as PostgreSQL comes, it holds as many
)
LONGEST_NUMBER = 300  # digits; of much more a number in JSON can't be made


class InfluencerFilter(filters.FilterSet):
    """Influencers of one program, by what an address of a page says about them."""

    q = filters.CharFilter(label=_("Search"), method="search")
    campaign = filters.ModelChoiceFilter(
        label=_("Campaign"), queryset=Campaign.objects.none(), empty_label=_("Any"), method="in_campaign"
    )
    stage = filters.ModelChoiceFilter(
        label=_("Stage"), queryset=Stage.objects.none(), empty_label=_("Any"), method="at_stage"
    )
    outside = filters.ModelChoiceFilter(
        label=_("Not in campaign"),
        queryset=Campaign.objects.none(),
        empty_label=_("Any"),
        method="not_in_campaign",
    )
    tag = filters.CharFilter(label=_("Tag"), method="tagged")
    country = filters.CharFilter(label=_("Country"), field_name="attributes__country", lookup_expr="iexact")
    network = filters.CharFilter(label=_("Network"), method="on_network")
    reach = filters.ChoiceFilter(
        label=_("Can be reached by"), choices=ChannelType.choices, empty_label=_("Any"), method="reachable"
    )
    followers_min = filters.NumberFilter(label=_("Followers from"), method="followers_from")
    followers_max = filters.NumberFilter(label=_("Followers to"), method="followers_to")
    attribute = filters.CharFilter(
        label=_("Attribute"), method="with_attribute", help_text=_("Such as size=M")
    )

    class Meta:
        model = Influencer
        fields: list[str] = []

    def __init__(
        self, data: QueryDict | dict[str, str], *, program: Program, is_sorted: bool = True, **kwargs: Any
    ) -> None:
        """`is_sorted`: as for InfluencerQuerySet.search."""
        self.program, self.is_sorted = program, is_sorted
        everyone = Influencer.objects.filter(program=program).present()
        super().__init__(data, queryset=everyone, **kwargs)
        campaigns = Campaign.objects.filter(program=program).order_by("name")
        self.form.fields["campaign"].queryset = campaigns
        self.form.fields["outside"].queryset = campaigns
        self.form.fields["stage"].queryset = Stage.objects.filter(campaign__program=program)
        self.form.fields["attribute"].widget.attrs["placeholder"] = "size=M"

    def is_valid(self) -> bool:
        """Whether the parameters can be used."""
        return bool(super().is_valid())

    def unsorted_without(self, *names: str) -> InfluencerFilter:
        """The same filter without some of its parameters, for people in no order."""
        rest = QueryDict(mutable=True)
        for name in self.data:
            if name not in names:
                rest[name] = self.data[name]
        return InfluencerFilter(rest, program=self.program, is_sorted=False)

    @property
    def active(self) -> list[tuple[str, str, str]]:
        """The filters that are set, as (parameter, label, value), for the chips of a page."""
        if not self.form.is_valid():
            return []
        chosen = self.form.cleaned_data.items()
        shown = [(name, value) for name, value in chosen if value not in (None, "")]
        return [(name, str(self.form.fields[name].label), self._words(name, value)) for name, value in shown]

    def _words(self, name: str, value: Any) -> str:
        return str(ChannelType(value).label) if name == "reach" else str(value)

    def search(self, queryset: Any, name: str, value: str) -> QuerySet[Influencer]:
        return queryset.search(value, is_sorted=self.is_sorted)

    def in_campaign(self, queryset: Any, name: str, value: Campaign) -> QuerySet[Influencer]:
        stage: Stage | None = self.form.cleaned_data.get("stage")
        if stage is None:
            return queryset.filter(participations__campaign=value)
        # The stage says it already; asking for both would join the participants twice.
        return queryset if stage.campaign_id == value.pk else queryset.none()

    def at_stage(self, queryset: Any, name: str, value: Stage) -> QuerySet[Influencer]:
        return queryset.filter(participations__stage=value)

    def not_in_campaign(self, queryset: Any, name: str, value: Campaign) -> QuerySet[Influencer]:
        """Everybody else. Of the first hundred thousand PostgreSQL makes a table in memory; for the others it looks one by one.

        One by one for all would take twice as long, and in memory for any number would take for ever where that is too small.
        """
        inside = Participant.objects.filter(campaign=value).values("influencer")[:HELD_AT_ONCE]
        return queryset.exclude(pk__in=inside).exclude(participations__campaign=value)

    def tagged(self, queryset: Any, name: str, value: str) -> QuerySet[Influencer]:
        return queryset.filter(tags__contains=[value])

    def on_network(self, queryset: Any, name: str, value: str) -> QuerySet[Influencer]:
        return queryset.filter(handles__has_key=value.lower())

    def reachable(self, queryset: Any, name: str, value: str) -> QuerySet[Influencer]:
        return queryset.reachable_by(value)

    def followers_from(self, queryset: Any, name: str, value: Decimal) -> QuerySet[Influencer]:
        # Nobody has fewer than none, and the index has numbers from there on.
        return queryset.filter(attributes__followers__gte=max(0.0, float(value)))

    def followers_to(self, queryset: Any, name: str, value: Decimal) -> QuerySet[Influencer]:
        # Below nothing there is nobody, and what is far below is no number that JSON has.
        return queryset.filter(
            attributes__followers__lte=max(-1.0, float(value)), attributes__followers__gte=0
        )

    def with_attribute(self, queryset: Any, name: str, value: str) -> QuerySet[Influencer]:
        """`key=value`, compared as text and, where it is one, as a number; `key` alone: has any value."""
        key, equals, wanted = (part.strip() for part in value.partition("="))
        if not equals:
            return queryset.filter(attributes__has_key=key)
        matches = Q(attributes__contains={key: wanted})
        number = wanted.replace(".", "", 1)
        if number.isascii() and number.isdecimal() and len(number) <= LONGEST_NUMBER:
            matches |= Q(attributes__contains={key: float(wanted) if "." in wanted else int(wanted)})
        return queryset.filter(matches)
