"""Whom a compose form means: by a filter, by hand, from a file of contacts, or as another page selected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from batchadmin.accounts.models import Membership, Program
from campaigns.audience import Selection
from campaigns.contacts import Contacts
from campaigns.filters import InfluencerFilter
from campaigns.models import Campaign, Influencer, Stage

from .compose_form import ComposeForm

# What the filter of step 1 has beside campaign, stage and search; named as in the list of influencers.
MORE = ("reach", "country", "tag", "network", "followers_min", "followers_max", "attribute")
FOUND_SHOWN, PICKED_SHOWN, MISSES_SHOWN = 8, 40, 20


@dataclass(frozen=True, slots=True)
class Who:
    """The people that a form means, and the campaign and stage that its message may speak of."""

    selection: Selection
    campaign: Campaign | None = None
    stage: Stage | None = None


def who_of(data: QueryDict, chosen: Mapping[str, Any], program: Program) -> Who:
    """Whom the form means; `chosen` is what of it is valid. Raises SelectionError for a selection that can't be read."""
    way = data.get("to") or ComposeForm.FILTER
    about = chosen.get("about")
    if way == ComposeForm.HAND:
        return Who(picked_of(data), about)
    if way == ComposeForm.CSV:
        return Who(selection_of_ids(data.get("csv_ids", "")), about)
    if way == ComposeForm.SELECTION and any(name in data for name in ("ids", "who")):
        return _as_selected(Selection.from_params(data), about, program)
    stage = chosen.get("stage")
    campaign = chosen.get("campaign") or (stage.campaign if stage else None)
    parts = [(name, data.get(name, "").strip()) for name in ("q", *MORE)]
    parts += [("campaign", str(campaign.pk) if campaign else ""), ("stage", str(stage.pk) if stage else "")]
    asked = urlencode([(name, value) for name, value in parts if value])
    return Who(Selection(everything=True, filter=asked), campaign, stage)


def _as_selected(selection: Selection, about: Campaign | None, program: Program) -> Who:
    """A selection of another page; of a campaign's page it says which campaign and stage that was."""
    narrowed = InfluencerFilter(QueryDict(selection.filter), program=program)
    if not (selection.everything and narrowed.is_valid()):
        return Who(selection, about)
    asked = narrowed.form.cleaned_data
    stage = asked.get("stage")
    campaign = about or asked.get("campaign") or (stage.campaign if stage else None)
    return Who(selection, campaign, stage if stage and stage.campaign == campaign else None)


def selection_of_ids(joined: str) -> Selection:
    """The selection of ids that are joined by commas. Raises SelectionError for anything else."""
    params = QueryDict(mutable=True)
    params["ids"] = joined
    return Selection.from_params(params)


def picked_of(data: QueryDict) -> Selection:
    """Who was picked by hand so far. Raises SelectionError."""
    return selection_of_ids(data.get("picked", ""))


def picked_change(data: QueryDict) -> QueryDict:
    """The form's data after one of its buttons Add and Remove; Raises SelectionError."""
    added, dropped = selection_of_ids(data.get("add", "")).ids, selection_of_ids(data.get("drop", "")).ids
    before = picked_of(data).ids
    if not (added or dropped):
        return data
    picked = [one for one in before if one not in dropped]
    changed = data.copy()
    changed["picked"] = _joined([*picked, *(one for one in added if one not in picked)])
    return changed


def contacts_put(data: QueryDict, contacts: Contacts) -> QueryDict:
    """The form's data with the people of a file, and what of the file is worth saying."""
    changed = data.copy()
    changed["to"] = ComposeForm.CSV
    changed["csv_ids"] = _joined(contacts.ids)
    changed["csv_name"] = contacts.name
    changed["csv_rows"] = str(contacts.rows)
    changed["csv_missed"] = str(len(contacts.misses))
    changed.setlist("csv_miss", [f"{one.line}|{one.words}" for one in contacts.misses[:MISSES_SHOWN]])
    return changed


@dataclass(frozen=True, slots=True)
class FileTold:
    """What was said about the file of contacts when it was read."""

    name: str
    rows: int
    people: int
    missed: int
    misses: list[tuple[str, str]]  # line, why


def file_told(data: QueryDict) -> FileTold | None:
    """What the form remembers of the file of contacts; None if there was none."""
    if not data.get("csv_name"):
        return None
    misses = [(line, words) for line, _bar, words in (one.partition("|") for one in data.getlist("csv_miss"))]
    people = sum(1 for one in data.get("csv_ids", "").split(",") if one)
    return FileTold(
        data.get("csv_name", ""), number_of(data, "csv_rows"), people, number_of(data, "csv_missed"), misses
    )


def number_of(data: QueryDict, name: str, otherwise: int = 0) -> int:
    """The number in a field, or `otherwise` where there is none that could be meant."""
    text = data.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else otherwise


@dataclass(frozen=True, slots=True)
class ByHand:
    """What step 1 shows when people are picked by hand."""

    picked: list[Influencer]  # the last ones that were picked, the newest first
    further: int  # picked, but not shown
    found: list[Influencer]  # who fits the words that were typed, and isn't picked
    ids: str
    words: str


def by_hand(membership: Membership, data: QueryDict) -> ByHand:
    """Who is picked, and who fits what is searched for. Raises SelectionError."""
    present = Influencer.objects.visible_to(membership).present()
    ids = picked_of(data).ids
    last = ids[::-1][:PICKED_SHOWN]
    people = present.in_bulk(last)
    words = data.get("find", "").strip()
    found = present.found_by_name(words).exclude(pk__in=ids or (0,))[:FOUND_SHOWN] if words else ()
    picked = [people[pk] for pk in last if pk in people]
    return ByHand(picked, len(ids) - len(last), list(found), _joined(ids), words)


def _joined(ids: Iterable[int]) -> str:
    return ",".join(str(one) for one in ids)
