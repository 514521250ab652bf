"""How this app's rows are read, and who sees them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NoReturn, Self, cast

from django.apps import apps
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q, Value

from batchadmin.accounts.querysets import ProgramQuerySet
from batchadmin.lib.counts import CountOf
from batchadmin.lib.ordering import apart
from batches.engine.worker import leases_held

if TYPE_CHECKING:
    from .models import (  # noqa: F401 (named in bases below)
        Campaign,
        Import,
        ImportBulk,
        Influencer,
        KeptOptOut,
        OptChange,
        OptOut,
        Participant,
        Stage,
        StageChange,
        StageUpdate,
        Subscription,
    )


# What parts words, in what is searched and in what is looked for; the same as spaces.
PARTING = "@._-+/:,;()[]{}<>|&!*\"'\\"


def _parted(text: str) -> Func:
    """The text with a space for each character that parts words: one `replace` for each, inside of one another.

    `translate` does it in one call, and takes eight times as long: it compares each character with each of these.
    """
    found: F | Func = F(text)
    for sign in PARTING:
        found = Func(found, Value(sign), Value(" "), function="replace", output_field=models.TextField())
    return cast(Func, found)


# The words of a person, as the index `influencer_by_word` has them.
SEARCH_WORDS = SearchVector(_parted("search_text"), config="simple")


def search_query(words: str) -> str:
    """The words as PostgreSQL's raw query: each the beginning of a word. A phone number may be written with spaces."""
    parts = words.replace("\x00", " ").translate(str.maketrans(PARTING, " " * len(PARTING))).split()
    if all(part.isdigit() for part in parts):
        parts = ["".join(parts)] if parts else []
    return " & ".join(f"'{part}':*" for part in parts)


# The same as SEARCH_WORDS, around the name of the column. It is written once: to put together so many calls in one another took
# Django 9 ms of each search.
_BEFORE = "to_tsvector('simple'::regconfig, COALESCE(" + "replace(" * len(PARTING)
_AFTER = "".join(f", '{sign.replace(chr(39), chr(39) * 2)}', ' ')" for sign in PARTING) + ", ''))"


def _holding(words: str) -> Func | Q:
    """The condition that each of the words begins a word of a person, as the index `influencer_by_word` answers it."""
    query = search_query(words)
    if not query:
        return Q(pk=0)  # nobody, in words that SQL has
    return Func(
        F("search_text"),
        Value(query),
        template=f"({_BEFORE}%(expressions)s))",
        arg_joiner=f"{_AFTER} @@ to_tsquery('simple'::regconfig, ",
        output_field=models.BooleanField(),
    )


def any_of(name: str, keys: models.QuerySet[Any, Any]) -> Func:
    """The condition `name = ANY (ARRAY (keys))`: the keys are worked out once, whatever the planner makes of the rest."""
    return Func(
        name,
        ArraySubquery(keys),
        template="(%(expressions)s))",
        arg_joiner=" = ANY (",
        output_field=models.BooleanField(),
    )


class InfluencerQuerySet(ProgramQuerySet["Influencer"]):
    """Influencers of a program."""

    def present(self) -> Self:
        """Those who have not been erased."""
        return self.filter(erased_at=None)

    def search(self, words: str, *, is_sorted: bool = True) -> Self:
        """Those in whose name, addresses, handles or ID each of the words begins a word.

        With `is_sorted` the keys are found apart, as an array: else the planner, which can't guess how rare a word is, walks all
        names in their order to find them. Where it can't do that, each person that was found is read once instead of twice.
        """
        if not words.strip():
            return self
        if is_sorted:
            return self.filter(any_of("pk", self.model._default_manager.keys_found(words)))
        return self.filter(_holding(words))

    def keys_found(self, words: str) -> models.QuerySet[Any, Any]:
        """The keys of those of them whom a search for the words finds; nobody's for no word."""
        return self.order_by().filter(_holding(words)).values("pk")

    def found_by_name(self, words: str) -> Self:
        """Those whom a search finds, by name."""
        return self.search(words, is_sorted=False).order_by(apart("known_as"), "pk")

    def by_name(self) -> Self:
        return self.order_by("known_as", "pk")

    def reachable_by(self, channel_type: str) -> Self:
        """Those who have an address for this way and have not opted out of it."""
        address = "email" if channel_type == "email" else "msisdn"
        return self.exclude(**{address: None}).exclude(opt_outs__channel_type=channel_type)


class OptOutQuerySet(ProgramQuerySet["OptOut"]):
    """Opt-outs of influencers."""

    program_path = "influencer__program"


class OptChangeQuerySet(ProgramQuerySet["OptChange"]):
    """The history of opting out and in, which can be added to and read, and nothing else."""

    program_path = "influencer__program"

    def update(self, **kwargs: object) -> NoReturn:
        """Raise TypeError: history never changes."""
        raise TypeError("The history of opting out is append-only: it can't be changed.")


class KeptOptOutQuerySet(ProgramQuerySet["KeptOptOut"]):
    """Opt-outs of addresses whose people were erased."""


class SubscriptionQuerySet(ProgramQuerySet["Subscription"]):
    """Further addresses of influencers."""


class CampaignQuerySet(ProgramQuerySet["Campaign"]):
    """Campaigns of a program."""

    def current(self) -> Self:
        """Those that have not been archived."""
        return self.filter(archived_at=None)


class StageQuerySet(ProgramQuerySet["Stage"]):
    """Stages of campaigns."""

    program_path = "campaign__program"

    def with_counts(self) -> Self:
        """Each stage with `people`: how many participants stand at it."""
        standing = apps.get_model("campaigns", "Participant").objects.filter(stage=OuterRef("pk"))
        return self.annotate(people=CountOf(standing.values("stage")))


class ParticipantQuerySet(ProgramQuerySet["Participant"]):
    """Participants of campaigns."""

    program_path = "campaign__program"

    def of_influencers(self, influencers: Iterable[int] | models.QuerySet[Any, Any]) -> Self:
        return self.filter(influencer__in=influencers)


class StageChangeQuerySet(ProgramQuerySet["StageChange"]):
    """The history of participants, which can be added to and read, and nothing else."""

    program_path = "participant__campaign__program"

    def update(self, **kwargs: object) -> NoReturn:
        """Raise TypeError: history never changes."""
        raise TypeError("The history of participants is append-only: steps can't be changed.")

    def delete(self) -> NoReturn:
        """Raise TypeError: history is never deleted."""
        raise TypeError("The history of participants is append-only: steps can't be deleted.")


class StageUpdateQuerySet(ProgramQuerySet["StageUpdate"]):
    """What stage updates are about."""

    program_path = "campaign__program"


class ImportQuerySet(ProgramQuerySet["Import"]):
    """Imports of a program."""

    def newest_first(self) -> Self:
        return self.order_by("-pk")

    def waiting_for_a_worker(self) -> Self:
        """Those that are to be checked or started, and that no living worker has in hand."""
        held = leases_held().filter(pk=OuterRef("worker"))
        return self.filter(state__in=("checking", "starting")).filter(Q(worker=None) | ~Exists(held))


class ImportBulkQuerySet(ProgramQuerySet["ImportBulk"]):
    """Bulks of imports."""

    program_path = "parent__program"
