"""The addresses that `benchmarks.pages` asks for: every list and page, some filtered, sorted, far down, or as a fragment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.urls import reverse

from batches.models import BatchRequest, Webhook
from benchmarks.filling import Crowd, first_campaign
from campaigns.models import Campaign, Import, Influencer
from messaging.models import Broadcast, Channel, Chat, Message, Template, Trigger, TriggerLaunch

LIVE = {"HX-Request": "true", "HX-Target": "live"}
LIST = {"HX-Request": "true", "HX-Target": "list"}


@dataclass(frozen=True)
class Case:
    """One address, and what goes along with it."""

    name: str
    url: str
    headers: dict[str, str] | None = None


def cases(place: Crowd) -> list[Case]:
    """All of them."""
    rooms = (_work, _logs, _writing, _influencers, _campaigns, _chats, _settings)
    return [case for room in rooms for case in room(place)] + [Case("your settings", reverse("me"))]


def _at(place: Crowd) -> Callable[..., Case]:
    def at(name: str, page: str, *parts: Any, query: str = "", headers: dict[str, str] | None = None) -> Case:
        address = reverse(page, args=[place.program.slug, *parts])
        return Case(name, f"{address}?{query}" if query else address, headers)

    return at


def _long(at: Callable[..., Case], name: str, page: str) -> list[Case]:
    """A list of many thousands: its first page, one far down, and what a search leaves of it."""
    return [
        at(name, page),
        at(f"{name}, page 500", page, query="page=500"),
        at(f"{name}, a word", page, query="q=sale+4711"),
        at(f"{name}, no such word", page, query="q=nothinglikethis"),
    ]


def _shown(place: Crowd) -> str:
    """The rows of a first page, as its poller names them."""
    newest = BatchRequest.objects.filter(program=place.program).order_by("-pk")[:50]
    return "-".join(str(batch.pk) for batch in newest)


def _work(place: Crowd) -> list[Case]:
    """The dashboard, search, batch requests."""
    at = _at(place)
    batches = BatchRequest.objects.filter(program=place.program)
    move = batches.filter(kind="stage_move").order_by("-total")[0]
    return [
        at("dashboard", "dashboard"),
        at("dashboard, live", "dashboard", headers=LIVE),
        at("pill", "live-pill"),
        at("search, a name", "search", query="q=okafor"),
        at("search, nobody", "search", query="q=nobodyhere"),
        at("search, many", "search", query="q=bea"),
        *_long(at, "batch requests", "batches"),
        at("batch requests, stopped", "batches", query="status=stopped"),
        at("batch requests, failed", "batches", query="status=failed"),
        at("batch requests, moves", "batches", query="type=BatchWorkflowStatus"),
        at("batch requests, days", "batches", query="since=2026-01-01&until=2026-01-05"),
        at("batch requests, by size", "batches", query="sort=-total"),
        at("batch requests, live", "batches", query=f"shown={_shown(place)}", headers=LIVE),
        at("a batch", "batch", move.pk),
        at("a batch, why", "batch", move.pk, query="tab=why"),
        at("a batch, timeline", "batch", move.pk, query="tab=timeline"),
        at("a batch, failed", "batch", move.pk, query="status=failed"),
        *_long(at, "notices", "notices"),
        at("notices, unread", "notices", query="show=unread"),
    ]


def _logs(place: Crowd) -> list[Case]:
    """Bulk messages: logs, a log."""
    at = _at(place)
    program = place.program
    broadcasts = Broadcast.objects.filter(batch__program=program)
    largest = broadcasts.order_by("-batch__total")[0].batch
    live = BatchRequest.objects.filter(program=program, status="processing")[0]
    got = Message.objects.filter(batch_id=largest.pk).earliest("pk").key
    channel = Channel.objects.filter(program=program)[0].pk
    campaign = first_campaign(place).pk
    log = (largest.pk,)
    return [
        *_long(at, "logs", "broadcasts"),
        at("logs, a common word", "broadcasts", query="q=sale"),
        at("logs, stopped", "broadcasts", query="status=stopped"),
        at("logs, failed", "broadcasts", query="status=failed"),
        at("logs, of a channel", "broadcasts", query=f"channel={channel}"),
        at("logs, of a campaign", "broadcasts", query=f"campaign={campaign}"),
        at("logs, days", "broadcasts", query="since=2026-01-01&until=2026-01-05"),
        at("logs, live", "broadcasts", query=f"shown={_shown(place)}", headers=LIVE),
        at("log of 100,000", "broadcast", *log),
        at("log of 100,000, failed", "broadcast", *log, query="status=failed"),
        at("log of 100,000, page 1,500", "broadcast", *log, query="status=all&page=1500"),
        at("log of 100,000, a name", "broadcast", *log, query="q=okafor"),
        at("log of 100,000, nobody", "broadcast", *log, query="q=nobodyhere"),
        at("log of 100,000, why", "broadcast", *log, query="tab=why"),
        at("log of 100,000, timeline", "broadcast", *log, query="tab=timeline"),
        at("log of 100,000, restarts", "broadcast", *log, query="tab=restarts"),
        at("log of 100,000, message", "broadcast", *log, query="tab=message"),
        at("log that runs", "broadcast", live.pk),
        at("log that runs, live", "broadcast", live.pk, headers=LIVE),
        at("a recipient's chat", "broadcast-recipient", largest.pk, got),
        at("restart of 100,000", "broadcast-restart", *log),
    ]


def _writing(place: Crowd) -> list[Case]:
    """Bulk messages: compose, templates, triggers, automation."""
    at = _at(place)
    program = place.program
    campaign = first_campaign(place).pk
    template = Template.objects.filter(program=program).earliest("pk").pk
    automated = Template.objects.filter(program=program).latest("pk").pk
    trigger = Trigger.objects.filter(program=program)[0].pk
    return [
        at("compose", "broadcast-new"),
        at("compose, of a campaign", "broadcast-new", query=f"campaign={campaign}&template={template}"),
        at("templates", "templates"),
        at("templates, a word", "templates", query="q=17"),
        at("a template", "template", template),
        at("a new template", "template-new"),
        at("automation", "automation"),
        at("an automation", "automation-template", automated),
        at("an automation, failed", "automation-template", automated, query="status=failed"),
        at("an automation, a name", "automation-template", automated, query="q=okafor"),
        at("triggers", "triggers"),
        at("a trigger", "trigger", trigger),
        at("a trigger, page 30", "trigger", trigger, query="page=30"),
        at("a trigger's form", "trigger-edit", trigger),
        at("a launch", "launch", TriggerLaunch.objects.filter(program=program)[0].pk),
    ]


def _influencers(place: Crowd) -> list[Case]:
    """Influencers, and one of them."""
    at = _at(place)
    person = Influencer.objects.filter(program=place.program).order_by("-pk")[0]
    campaign = first_campaign(place)
    return [
        at("influencers", "influencers"),
        at("influencers, page 3,000", "influencers", query="page=3000"),
        at("influencers, backwards", "influencers", query="sort=-name"),
        at("influencers, a name", "influencers", query="q=okafor"),
        at("influencers, a first name", "influencers", query="q=bea"),
        at("influencers, one", "influencers", query="q=person4711"),
        at("influencers, nobody", "influencers", query="q=nobodyhere"),
        at("influencers, a tag", "influencers", query="tag=vip"),
        at("influencers, a country", "influencers", query="country=DE"),
        at("influencers, no such tag", "influencers", query="tag=nothing"),
        at("influencers, no such country", "influencers", query="country=XX"),
        at("influencers, reached by WhatsApp", "influencers", query="reach=whatsapp"),
        at("influencers, on a network", "influencers", query="network=instagram"),
        at("influencers, many followers", "influencers", query="followers_min=89999"),
        at("influencers, an attribute", "influencers", query="attribute=country%3DDE"),
        at("influencers, of a campaign", "influencers", query=f"campaign={campaign.pk}"),
        at("influencers, not in a campaign", "influencers", query=f"outside={campaign.pk}"),
        at("influencers, a name and a tag", "influencers", query="q=okafor&tag=vip"),
        at("influencers, list only", "influencers", headers=LIST),
        at("influencers, all selected", "influencers", query="who=all"),
        at("an influencer", "influencer", person.pk),
        at("an influencer's form", "influencer-edit", person.pk),
        at("an influencer's messages", "influencer-messages", person.pk),
        at("an influencer's batches", "influencer-batches", person.pk),
    ]


def _campaigns(place: Crowd) -> list[Case]:
    """Campaigns, a large and a small one."""
    at = _at(place)
    campaign = first_campaign(place)
    small = Campaign.objects.filter(program=place.program).latest("pk")
    stage = campaign.stages.annotate(people=Count("participants")).order_by("-people")[0].pk
    return [
        at("campaigns", "campaigns"),
        at("campaigns, a word", "campaigns", query="q=campaign+3"),
        at("campaigns, by people", "campaigns", query="sort=-people"),
        at("a campaign", "campaign", campaign.pk),
        at("a campaign, live", "campaign", campaign.pk, headers=LIVE),
        at("a campaign's stage", "campaign", campaign.pk, query=f"stage={stage}"),
        at("a campaign's stage, page 600", "campaign", campaign.pk, query=f"stage={stage}&page=600"),
        at("a campaign's stage, by name", "campaign", campaign.pk, query=f"stage={stage}&sort=name"),
        at("a campaign, a name", "campaign", campaign.pk, query=f"stage={stage}&q=okafor"),
        at("a campaign, nobody", "campaign", campaign.pk, query=f"stage={stage}&q=nobodyhere"),
        at("a campaign, a tag", "campaign", campaign.pk, query=f"stage={stage}&tag=vip"),
        at("a campaign, no such tag", "campaign", campaign.pk, query=f"stage={stage}&tag=nothing"),
        at("a campaign, all selected", "campaign", campaign.pk, query=f"stage={stage}&who=all"),
        at("a small campaign", "campaign", small.pk),
        at("a campaign's stages", "campaign-stages", campaign.pk),
    ]


def _chats(place: Crowd) -> list[Case]:
    """Chats, a long and a short one."""
    at = _at(place)
    chats = Chat.objects.filter(program=place.program)
    channel = Channel.objects.filter(program=place.program)[0].pk
    return [
        at("chats", "chats"),
        at("chats, page 500", "chats", query="page=500"),
        at("chats, a name", "chats", query="q=okafor"),
        at("chats, one", "chats", query="q=person4711"),
        at("chats, nobody", "chats", query="q=nobodyhere"),
        at("chats, unread", "chats", query="show=unread"),
        at("chats, of a channel", "chats", query=f"channel={channel}"),
        at("a chat of 3,000 messages", "chat", chats.latest("pk").pk),
        at("a chat of 3,000 messages, live", "chat", chats.latest("pk").pk, headers=LIVE),
        at("a short chat", "chat", chats.earliest("pk").pk),
    ]


def _settings(place: Crowd) -> list[Case]:
    """Everything under Settings."""
    at = _at(place)
    program = place.program
    webhook = Webhook.objects.filter(program=program)[0].pk
    return [
        at("imports", "imports"),
        at("imports, a word", "imports", query="q=people-17"),
        at("imports, finished", "imports", query="state=finished"),
        at("an import", "import", Import.objects.filter(program=program)[0].pk),
        at("a new import", "import-new"),
        at("channels", "channels"),
        at("a channel", "channel", Channel.objects.filter(program=program)[0].pk),
        at("webhooks", "webhooks"),
        at("a webhook", "webhook", webhook),
        at("a webhook, page 500", "webhook", webhook, query="page=500"),
        at("a webhook, given up", "webhook", webhook, query="status=given_up"),
        at("members", "members"),
        at("tokens", "tokens"),
        at("program", "program"),
        at("data", "data"),
        at("audit", "audit"),
        at("audit, page 500", "audit", query="page=500"),
        at("audit, no such word", "audit", query="q=nothinglikethis"),
    ]
