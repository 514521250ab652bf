"""What Settings > Batch Requests, and the items of a batch, can be filtered by. All of it stands in the address."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, ChoiceFilter, DateFilter, FilterSet, ModelChoiceFilter

from batchadmin.accounts.access import MemberRequest
from batchadmin.accounts.models import User
from batchadmin.lib.filters import DaysFilter

from .models import BatchItem, BatchRequest
from .presentation import item_status_word
from .presentation.tallies import WAITING
from .querysets import BatchQuerySet
from .reasons import reason_of
from .registry import kinds
from .states import BatchStatus, ItemStatus


def _types() -> list[tuple[str, str]]:
    types = {kind.type for kind in kinds().values() if kind.in_batch_requests}
    return [(name, name) for name in sorted(types)]


def _requesters(request: MemberRequest | None) -> QuerySet[User]:
    """Everybody who has requested a batch in the program, also those who have left it."""
    if request is None:
        return User.objects.none()
    theirs = BatchRequest.objects.visible_to(request.membership).listed().filter(requester=OuterRef("pk"))
    return User.objects.filter(Exists(theirs)).order_by("email")


class BatchFilter(DaysFilter, FilterSet):
    """Name, type, status, requester, and the days between which a batch was requested."""

    moment_field = "requested_at"

    q = CharFilter(method="filter_name", label=_("Search by name"))
    type = ChoiceFilter(label=_("Type"), choices=_types, empty_label=_("Any"))
    status = ChoiceFilter(label=_("Status"), choices=BatchStatus.choices, empty_label=_("Any"))
    requester = ModelChoiceFilter(label=_("Requester"), queryset=_requesters, empty_label=_("Anybody"))
    since = DateFilter(method="filter_since", label=_("From"), widget=forms.DateInput(attrs={"type": "date"}))
    until = DateFilter(
        method="filter_until", label=_("Until"), widget=forms.DateInput(attrs={"type": "date"})
    )

    class Meta:
        model = BatchRequest
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]

    def filter_name(self, batches: BatchQuerySet, _name: str, words: str) -> BatchQuerySet:
        """Those whose name or campaign holds every one of the words."""
        for word in words.split():
            batches = batches.filter(Q(name__icontains=word) | Q(campaign_name__icontains=word))
        return batches


STATUSES = {
    ItemStatus.SUCCEEDED.value: (ItemStatus.SUCCEEDED,),
    ItemStatus.FAILED.value: (ItemStatus.FAILED,),
    ItemStatus.SKIPPED.value: (ItemStatus.SKIPPED,),
    ItemStatus.NOT_SENT.value: (ItemStatus.NOT_SENT,),
    ItemStatus.UNKNOWN.value: (ItemStatus.UNKNOWN,),
    WAITING: (ItemStatus.PENDING, ItemStatus.IN_FLIGHT),
}


class ItemForm(forms.Form):
    """Which items of a batch: of one tally, and of one reason."""

    status = forms.ChoiceField(choices=[(name, name) for name in STATUSES], required=False)
    reason = forms.CharField(max_length=40, required=False)


class ItemFilter:
    """The items of a batch that the address asks for."""

    def __init__(self, request: HttpRequest, batch: BatchRequest) -> None:
        self.form = ItemForm(request.GET)
        self.is_valid = self.form.is_valid()
        cleaned: dict[str, Any] = self.form.cleaned_data
        self.status: str = cleaned.get("status", "")
        self.reason: str = cleaned.get("reason", "")
        self._batch = batch

    @property
    def words(self) -> str:
        """What is shown, in words: "Failed: No such mailbox"."""
        shown = item_status_word(STATUSES[self.status][0]).label if self.status else ""
        why = str(reason_of(self.reason).words) if self.reason else ""
        return ": ".join(part for part in (shown, why) if part)

    def items(self) -> QuerySet[BatchItem]:
        """Those items, in the order of their keys."""
        found = BatchItem.objects.of(self._batch.pk, *STATUSES.get(self.status, ()))
        return found.filter(reason=self.reason) if self.reason else found
