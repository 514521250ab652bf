"""Search over everything that has a name in a program: people, campaigns, batches, chats, templates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from batchadmin.accounts.models import Membership
from batches.models import BatchRequest
from batches.presentation import status_word
from campaigns.models import Campaign, Influencer

from .models import Chat, Template

SHOWN = 6  # of each group; the rest is a click away
MOST = 50  # what is counted; beyond it "50+" is said
LONGEST = 200
SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found, with what tells it from others of its name."""

    title: str
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Group:
    """What was found of one sort: the first few, how many there are, and the list that has all of them."""

    name: str
    label: str | Promise
    icon: str
    hits: Sequence[Hit]
    count: int
    more: bool
    url: str = ""


def found_of(membership: Membership, words: str) -> list[Group]:
    """Everything in the member's program that has each of the words; groups without any are left out. Five queries at most."""
    words = " ".join(words.replace("\x00", "").split())[:LONGEST]
    if len(words) < SHORTEST:
        return []
    people = list(_people(membership, words)[: MOST + 1])
    chats = Chat.objects.visible_to(membership).filter(influencer__in=[person.pk for person in people])
    newest = chats.select_related("influencer", "channel").newest_first()
    campaigns = _named(Campaign.objects, membership, words, "name")
    templates = _named(Template.objects, membership, words, "name", "subject")
    group = partial(_group, membership)
    groups = [
        group("influencers", _("Influencers"), "users", people, _person, words),
        group("campaigns", _("Campaigns"), "speakerphone", campaigns, _campaign),
        group("batches", _("Batches"), "list-check", _batches(membership, words), _batch, words),
        group("chats", _("Chats"), "messages", newest, _chat, words),
        group("templates", _("Templates"), "template", templates, _template),
    ]
    return [found for found in groups if found.hits]


def _group(
    membership: Membership,
    name: str,
    label: str | Promise,
    icon: str,
    rows: QuerySet[Any] | list[Any],
    hit: Callable[[Any, str], Hit],
    words: str = "",
) -> Group:
    """The first rows of one sort; with `words` its list is narrowed down to them."""
    slug = membership.program.slug
    found = list(rows[: MOST + 1])
    url = reverse(name, kwargs={"program": slug})
    shown = [hit(row, slug) for row in found[:SHOWN]]
    narrowed = f"{url}?{urlencode({'q': words})}" if words else url
    return Group(name, label, icon, shown, min(len(found), MOST), len(found) > MOST, narrowed)


def _people(membership: Membership, words: str) -> QuerySet[Influencer]:
    people = Influencer.objects.visible_to(membership).present().found_by_name(words)
    return people.only("first_name", "last_name", "email", "handles", "msisdn", "external_id")


def _batches(membership: Membership, words: str) -> QuerySet[BatchRequest]:
    found = BatchRequest.objects.visible_to(membership).listed().newest_first().select_related("program")
    return _holding(found, words, ("name", "campaign_name"))


def _named(manager: Any, membership: Membership, words: str, *fields: str) -> QuerySet[Any]:
    return _holding(manager.visible_to(membership), words, fields).order_by("name")


def _holding(rows: QuerySet[Any], words: str, fields: Iterable[str]) -> QuerySet[Any]:
    """The rows of which one of the fields holds the word, for each of the words."""
    for word in words.split():
        wanted = Q()
        for name in fields:
            wanted |= Q(**{f"{name}__icontains": word})
        rows = rows.filter(wanted)
    return rows


def _person(person: Influencer, slug: str) -> Hit:
    handle = f"@{person.first_handle}" if person.first_handle else ""
    phone = f"+{person.msisdn}" if person.msisdn else ""
    known = [part for part in (handle, person.email or "", phone) if part and part != person.name]
    url = reverse("influencer", kwargs={"program": slug, "pk": person.pk})
    return Hit(person.name, ", ".join(known), url)


def _campaign(campaign: Campaign, slug: str) -> Hit:
    text = str(_("Archived")) if campaign.archived_at else ""
    return Hit(campaign.name, text, reverse("campaign", kwargs={"program": slug, "pk": campaign.pk}))


def _batch(batch: BatchRequest, slug: str) -> Hit:
    # The address of the batch leads on to its kind's own page.
    return Hit(
        batch.title, status_word(batch).words, reverse("batch", kwargs={"program": slug, "pk": batch.pk})
    )


def _chat(chat: Chat, slug: str) -> Hit:
    url = reverse("chat", kwargs={"program": slug, "pk": chat.pk})
    return Hit(chat.influencer.name, chat.channel.name, url)


def _template(template: Template, slug: str) -> Hit:
    url = reverse("template", kwargs={"program": slug, "pk": template.pk})
    return Hit(template.name, template.subject, url)
