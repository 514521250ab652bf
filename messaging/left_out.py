"""Who would be left out of a message that is being written, person by person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from batches.reasons import Reason, reason_of
from campaigns.models import Influencer

from .audience import absent, with_reasons
from .composing import Wanted, compose_requires, composed_terms

SHOWN = 100  # of each group; the rest is counted


@dataclass(frozen=True, slots=True)
class Group:
    """Those who are left out for one reason: the first of them by name, and how many they are."""

    reason: Reason
    about: str  # the variable that has no value, if that is it
    people: Sequence[Influencer]
    total: int

    @property
    def further(self) -> int:
        """How many are not among `people`."""
        return self.total - len(self.people)


def left_out_groups(wanted: Wanted) -> list[Group]:
    """Everybody who would not get it as of now, by reason. Raises SelectionError."""
    if wanted.channel is None:
        return []
    people = wanted.selection.influencers(wanted.program).order_by("known_as", "pk")
    judged = with_reasons(people, composed_terms(wanted, wanted.channel))
    codes = judged.order_by().exclude(reason_="").values_list("reason_", flat=True).distinct()
    groups = [_group(code, judged.filter(reason_=code)) for code in sorted(codes)]
    for path in compose_requires(wanted):
        lacks = absent(path) if path[0] == "influencer" else None
        if lacks is not None:
            groups.append(_group("missing_variable", judged.filter(Q(reason_="") & lacks), ".".join(path)))
    return [group for group in groups if group.total]


def _group(code: str, people: QuerySet[Influencer, Influencer], about: str = "") -> Group:
    return Group(reason_of(code), about, list(people[:SHOWN]), people.count())
