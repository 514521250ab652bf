"""What the audit trail can be filtered by. All of it stands in the address."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, ChoiceFilter, DateFilter, FilterSet

from batchadmin.accounts.audit_words import ACTIONS
from batchadmin.accounts.models import AuditEntry
from batchadmin.lib.filters import DaysFilter


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"})


class AuditFilter(DaysFilter, FilterSet):
    """Who, what, and the days between which it was done."""

    moment_field = "at"

    q = CharFilter(field_name="subject", lookup_expr="icontains", label=_("Search by what it was done to"))
    who = CharFilter(field_name="actor_name", lookup_expr="icontains", label=_("Who"))
    action = ChoiceFilter(label=_("What"), choices=list(ACTIONS.items()), empty_label=_("Anything"))
    since = DateFilter(method="filter_since", label=_("From"), widget=_day())
    until = DateFilter(method="filter_until", label=_("Until"), widget=_day())

    class Meta:
        model = AuditEntry
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]
