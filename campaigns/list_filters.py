"""What the lists of campaigns and imports can be narrowed down by."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django_filters import ChoiceFilter

from batchadmin.lib.filters import ListFilter
from campaigns.models import Campaign, Import
from campaigns.states import ImportState


class CampaignFilter(ListFilter):
    """Words of the name."""

    searched = ("name",)

    class Meta:
        model = Campaign
        fields: list[str] = []


class ImportFilter(ListFilter):
    """Words of the file's name, the requester or the ID; how far it is."""

    searched = ("file_name", "import_id", "requester__email")

    state = ChoiceFilter(label=_("Status"), choices=ImportState.choices, empty_label=_("Any"))

    class Meta:
        model = Import
        fields: list[str] = []
