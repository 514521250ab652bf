"""What the samples are made of: people, forms, tables that no database holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _
from django_tables2 import Column

from batchadmin.accounts.models import User
from batchadmin.lib.tables import PageTable, table_configure

LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh the Younger of the Upper Valleys"
PEOPLE = ("Zoë Müller", "نور الهدى", "李小龍", "Bea 🌸 Lund", LONG_NAME)


@dataclass(frozen=True, slots=True)
class Named:
    """Something that a component asks only for its name."""

    name: str


@dataclass(frozen=True, slots=True)
class SampleChat:
    """A chat as components/chat_row.html asks for it."""

    influencer: Named
    channel: Named
    last_message_at: Any


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A line of the list of chats."""

    chat: SampleChat
    preview: str
    unread: int = 0
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class SampleProgram:
    """A program as the switch asks for it."""

    pk: int
    name: str
    slug: str


@dataclass(frozen=True, slots=True)
class SampleMembership:
    """A membership as the switch asks for it."""

    program: SampleProgram
    get_role_display: str

    @property
    def program_id(self) -> int:
        """Which program it is in."""
        return self.program.pk


@dataclass(frozen=True, slots=True)
class SampleFile:
    """A file that somebody sent in a chat."""

    state: str
    name: str = ""
    problem: str = ""
    size: int = 48_000
    pk: int = 1
    is_picture: bool = False


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label=_("Name"), help_text=_("As others see it."))
    email = forms.EmailField(label=_("E-mail address"))
    stage = forms.ChoiceField(label=_("Stage"), choices=[("a", _("Invited")), ("b", _("Accepted"))])
    when = forms.ChoiceField(
        label=_("When"), choices=[("now", _("Now")), ("later", _("Later"))], widget=forms.RadioSelect
    )
    body = forms.CharField(label=_("Message"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    agreed = forms.BooleanField(label=_("Leave out those who will likely fail again"), required=False)

    @classmethod
    def mistaken(cls) -> SampleForm:
        """The form as it comes back with mistakes."""
        form = cls({"name": "", "email": "ana@@x.de", "stage": "a", "when": "now"}, prefix="wrong")
        form.add_error(None, ValidationError(_("Nobody matches, so there is nothing to do.")))
        return form


class SampleFilter(django_filters.FilterSet):
    """A search, a choice and a day."""

    q = django_filters.CharFilter(label=_("Search by name"))
    stage = django_filters.ChoiceFilter(
        label=_("Stage"), choices=[("a", _("Invited")), ("b", _("Accepted"))], empty_label=_("Any")
    )
    since = django_filters.DateFilter(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}))


def sample_filter(query: str) -> SampleFilter:
    """The filter as the address `query` sets it; it is only drawn, and filters nothing."""
    nobody: QuerySet[User] = User.objects.none()
    return SampleFilter(QueryDict(query), queryset=nobody)  # type: ignore[no-untyped-call]


class SampleTable(PageTable):
    """People with a number."""

    caption = _("People")
    name = Column(verbose_name=_("Name"))
    followers = Column(
        verbose_name=_("Followers"), attrs={"th": {"class": "number"}, "td": {"class": "number"}}
    )
    note = Column(verbose_name=_("Note"), orderable=False, empty_values=())


def sample_table(
    names: Iterable[str], *, query: str = "", prefix: str = "", caption: str = "People"
) -> SampleTable:
    """A table of these people, with the page and order that `query` says."""
    rows = [
        {"name": name, "followers": f"{number * 1_337:,}", "note": "–"}
        for number, name in enumerate(names, start=1)
    ]
    request = HttpRequest()
    request.GET = QueryDict(query)
    table = SampleTable(rows, prefix=prefix)
    table.caption = caption  # type: ignore[assignment]
    return table_configure(request, table)


@dataclass(frozen=True, slots=True)
class Example:
    """One state of a component: what it is called and what the component is given."""

    state: str
    context: dict[str, Any] = field(default_factory=dict)
