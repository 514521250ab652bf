"""What Logs, and the recipients of a log, can be filtered by. All of it stands in the address."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from batchadmin.accounts.access import MemberRequest
from batchadmin.accounts.models import User
from batchadmin.lib.filters import DaysFilter
from batches.models import BatchItem, BatchRequest
from batches.reasons import reason_of
from batches.states import BatchStatus, ItemStatus
from campaigns.models import Campaign, Influencer
from campaigns.querysets import any_of

from .models import Broadcast, Channel
from .querysets import BroadcastQuerySet

WAITING = "waiting"
EVERYBODY = "all"
STATUSES: dict[str, tuple[ItemStatus, ...]] = {
    ItemStatus.SUCCEEDED.value: (ItemStatus.SUCCEEDED,),
    ItemStatus.FAILED.value: (ItemStatus.FAILED,),
    ItemStatus.SKIPPED.value: (ItemStatus.SKIPPED,),
    ItemStatus.NOT_SENT.value: (ItemStatus.NOT_SENT,),
    ItemStatus.UNKNOWN.value: (ItemStatus.UNKNOWN,),
    WAITING: (ItemStatus.PENDING, ItemStatus.IN_FLIGHT),
    EVERYBODY: (),
}


def _campaigns(request: MemberRequest | None) -> QuerySet[Campaign]:
    if request is None:
        return Campaign.objects.none()
    return Campaign.objects.visible_to(request.membership).order_by("name")


def _channels(request: MemberRequest | None) -> QuerySet[Channel]:
    return (
        Channel.objects.none()
        if request is None
        else Channel.objects.visible_to(request.membership).in_order()
    )


def _requesters(request: MemberRequest | None) -> QuerySet[User]:
    if request is None:
        return User.objects.none()
    theirs = BatchRequest.objects.visible_to(request.membership).filter(
        kind="broadcast", requester=OuterRef("pk")
    )
    return User.objects.filter(Exists(theirs)).order_by("email")


class BroadcastFilter(DaysFilter, django_filters.FilterSet):
    """Subject, status, campaign, channel, requester, and the days between which it was requested."""

    moment_field = "batch__requested_at"

    q = django_filters.CharFilter(method="filter_words", label=gettext_lazy("Search by subject"))
    status = django_filters.ChoiceFilter(
        field_name="batch__status", label=gettext_lazy("Status"), choices=BatchStatus.choices,
        empty_label=gettext_lazy("Any"),
    )  # fmt: skip
    campaign = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Campaign"), queryset=_campaigns, empty_label=gettext_lazy("Any")
    )
    channel = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Channel"), queryset=_channels, empty_label=gettext_lazy("Any")
    )
    requester = django_filters.ModelChoiceFilter(
        field_name="batch__requester", label=gettext_lazy("Requester"), queryset=_requesters,
        empty_label=gettext_lazy("Anybody"),
    )  # fmt: skip
    since = django_filters.DateFilter(
        method="filter_since", label=gettext_lazy("From"), widget=forms.DateInput(attrs={"type": "date"})
    )
    until = django_filters.DateFilter(
        method="filter_until", label=gettext_lazy("Until"), widget=forms.DateInput(attrs={"type": "date"})
    )

    class Meta:
        model = Broadcast
        fields: list[str] = []

    def filter_words(self, broadcasts: BroadcastQuerySet, _name: str, words: str) -> BroadcastQuerySet:
        """Those whose subject or campaign holds every one of the words."""
        for word in words.split():
            named = Q(batch__name__icontains=word) | Q(batch__campaign_name__icontains=word)
            broadcasts = broadcasts.filter(named)
        return broadcasts


class RecipientForm(forms.Form):
    """Which recipients of a broadcast: of one tally, of one reason, by name or address."""

    status = forms.ChoiceField(choices=[(name, name) for name in STATUSES], required=False)
    reason = forms.CharField(max_length=40, required=False)
    q = forms.CharField(max_length=200, required=False, label=gettext_lazy("Search by name or address"))


class RecipientFilter:
    """The recipients that the address asks for; without a word, those who have it."""

    def __init__(self, request: HttpRequest, broadcast: Broadcast) -> None:
        self.form = RecipientForm(without_nul(request.GET))
        self.is_valid = self.form.is_valid()
        cleaned: dict[str, Any] = self.form.cleaned_data
        self.reason: str = cleaned.get("reason", "")
        self.q: str = cleaned.get("q", "").strip()
        self.status: str = cleaned.get("status", "") or ("" if self.reason else first_status(broadcast))
        self._broadcast = broadcast

    @property
    def heading(self) -> str:
        """The title of the table."""
        names = {
            "succeeded": _("Successful chats"),
            "failed": _("Failed chats"),
            "skipped": _("Skipped"),
            "not_sent": _("Not sent"),
            "unknown": _("Unknown"),
            WAITING: _("Waiting"),
        }
        return names.get(self.status, _("Everybody"))

    @property
    def why(self) -> str:
        """The reason that the table is narrowed down to, in words."""
        return str(reason_of(self.reason).words) if self.reason else ""

    def items(self) -> QuerySet[BatchItem]:
        """Those items, in the order of their keys."""
        found = BatchItem.objects.of(self._broadcast.pk, *STATUSES.get(self.status, ()))
        if self.reason:
            found = found.filter(reason=self.reason)
        if self.q:
            people = Influencer.objects.filter(program=self._broadcast.batch.program_id)
            found = found.filter(any_of("key", people.keys_found(self.q)))
        return found

    def query(self) -> str:
        """These filters as the end of an address, for the export."""
        kept = QueryDict(mutable=True)
        for name, value in (("status", self.status), ("reason", self.reason), ("q", self.q)):
            if value:
                kept[name] = value
        return kept.urlencode()


def first_status(broadcast: Broadcast) -> str:
    """What a log's page shows first: everybody while it runs, for rows stay where they are; then who has it."""
    batch = broadcast.batch
    if batch.is_live:
        return EVERYBODY
    if batch.succeeded or not batch.total:
        return ItemStatus.SUCCEEDED.value
    for status in (ItemStatus.FAILED, ItemStatus.NOT_SENT, ItemStatus.UNKNOWN, ItemStatus.SKIPPED):
        if getattr(batch, status.value):
            return status.value
    return ItemStatus.SUCCEEDED.value


def without_nul(data: QueryDict) -> QueryDict:
    """The parameters without NUL, which no text in the database may hold."""
    clean = data.copy()
    for name in clean:
        clean.setlist(name, [value.replace("\x00", "") for value in clean.getlist(name)])
    return clean
