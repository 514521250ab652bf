"""Every address of the site: the pages that are walked, and what isn't a page. A new one that is in neither fails a test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import get_resolver, reverse

from tests.walk.full import Site

# Other houses' pages, and what programs call.
APART = ("admin/", "api/", "hooks/", "o/")

# A new page goes into PLAIN or OF_ROW; with a row of its own, it is made in `full.py`.

# Pages of a program whose address names nothing further. With what stands in the address, where it makes another page.
PLAIN: dict[str, tuple[str, ...]] = {
    "dashboard": ("",),
    "search": ("", "?q=bea", "?q=nobody-is-called-this"),
    "campaigns": ("",),
    "campaign-new": ("",),
    "influencers": ("", "?q=zo&reach=email", "?who=all", "?q=nobody-is-called-this"),
    "influencer-new": ("",),
    "chats": ("", "?q=nobody-is-called-this"),
    "broadcasts": ("", "?q=nothing-is-called-this"),
    "broadcast-new": ("",),
    "templates": ("",),
    "template-new": ("",),
    "triggers": ("",),
    "trigger-new": ("",),
    "automation": ("",),
    "batches": ("", "?q=nothing-is-called-this"),
    "imports": ("",),
    "import-new": ("",),
    "channels": ("",),
    "tokens": ("",),
    "webhooks": ("",),
    "members": ("",),
    "data": ("",),
    "program": ("",),
    "audit": ("", "?q=nothing-is-called-this"),
    "notices": ("",),
}

# Pages of one thing: the rows that `Site` keeps for it. The first one is walked in all these ways, the others as they open.
OF_ROW: dict[str, tuple[str, tuple[str, ...]]] = {
    "campaign": ("campaign", ("", "?q=nobody-is-called-this")),
    "campaign-stages": ("campaign", ("",)),
    "influencer": ("influencer", ("",)),
    "influencer-edit": ("chatty", ("",)),
    "influencer-messages": ("chatty", ("",)),
    "influencer-batches": ("chatty", ("", "?before=1")),
    "chat": ("chat", ("", "?before=999999999")),
    "broadcast": ("broadcast", ("", "?tab=why", "?tab=message", "?tab=timeline", "?tab=restarts")),
    "template": ("template", ("",)),
    "automation-template": ("automated", ("", "?status=failed")),
    "trigger": ("trigger", ("",)),
    "trigger-edit": ("trigger", ("",)),
    "launch": ("launch", ("", "?tab=missed", "?tab=hooks", "?tab=message")),
    "batch": ("batch", ("", "?tab=why", "?tab=timeline")),
    "import": ("import", ("",)),
    "import-check": ("checked", ("",)),
    "channel": ("channel", ("",)),
    "webhook": ("webhook", ("",)),
    "webhook-delivery": ("delivery", ("",)),
}

# Questions: one page, `components/confirm.html`, which the styleguide shows in full; here each with its own words.
QUESTIONS = {
    "member-remove": "member",
    "token-revoke": "token",
    "influencer-erase": "chatty",
    "webhook-renew": "webhook",
    "webhook-remove": "webhook",
    "channel-pause": "channel",
    "automation-send-late": "late",
    "automation-leave-late": "late",
}

# What answers no page of its own: it takes a form, brings a file or a piece of a page, or leads on.
NO_PAGES = {
    "member-add", "member-role", "invitation-revoke", "session-close", "audit-export",
    "sessions-close", "batch-export", "broadcast-export", "broadcast-html", "import-rejected", "attachment",
    "chat-file", "influencer-export",
    "notice-open", "notices-read", "live-pill", "influencer-opt-out", "import-drop",
    "import-check-stop", "import-restart", "trigger-switch",
    "trigger-hook-new", "trigger-hook-remove", "broadcast-check", "broadcast-left-out", "broadcast-discard", "chat-reply",
    "template-copy", "template-html", "template-preview", "template-preview-html", "channel-check", "webhook-ping",
    "webhook-resend", "channel-resume", "home", "log-out",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Address:
    """An address of the site: the name of its pattern, and the pattern."""

    name: str
    pattern: str


def all_addresses() -> set[str]:
    """The names of all addresses that people open."""
    return {one.name for one in _below(get_resolver(), "") if not one.pattern.startswith(APART)}


def _below(resolver: Any, before: str) -> Iterator[Address]:
    for one in resolver.url_patterns:
        pattern = before + str(one.pattern)
        if hasattr(one, "url_patterns"):
            yield from _below(one, pattern)
        else:
            yield Address(one.name or pattern, pattern)


def lists_of(site: Site) -> list[str]:
    """The pages that there are in an empty program as well."""
    found = [site.address(name) for name in PLAIN]
    return [*found, *(site.address("channel-new", kind) for kind in ("smtp", "whatsapp"))]


def pages_of(site: Site) -> list[str]:
    """All pages of a program that is full."""
    found = [site.address(name) + query for name, queries in PLAIN.items() for query in queries]
    for name, (key, queries) in OF_ROW.items():
        first, *others = (site.address(name, row) for row in site.rows[key])
        found += [*(first + query for query in queries), *others]
    found += [site.address(name, site.rows[key][0]) for name, key in QUESTIONS.items()]
    return [*found, *_special(site)]


def _special(site: Site) -> list[str]:
    """Pages whose address says more than one thing."""
    rows = site.rows
    good, failed, _stopped, running, _held = rows["broadcast"]
    everybody = "?who=all&expected=60"
    return [
        site.address("channel-new", "smtp"),
        site.address("channel-new", "whatsapp"),
        site.address("batch-stop", running),
        site.address("batch-resume", rows["planned"][0]),
        site.address("import-stop", rows["importing"][0]),
        site.address("broadcast-change", rows["planned"][0]),
        site.address("broadcast-restart", failed),
        site.address("broadcast-restart-edit", failed),
        site.address("broadcast-decide", good, "delivered"),
        site.address("broadcast-recipient", good, rows["chatty"][0]),
        site.address("subscription-new", rows["chatty"][0]),
        site.address("subscription-edit", rows["chatty"][0], rows["subscription"][0]),
        site.address("subscription-drop", rows["chatty"][0], rows["subscription"][0]),
        site.address("selection-add") + everybody,
        site.address("selection-move", rows["campaign"][0]) + everybody + f"&to={rows['stage'][0]}",
        site.address("selection-date", rows["campaign"][0]) + everybody,
        site.address("selection-date", rows["campaign"][0]) + everybody + "&date_name=event&day=2030-05-01",
    ]


def pages_apart(site: Site) -> list[str]:
    """Pages outside of programs, for somebody who is logged in."""
    names = ("me", "address", "password-change", "styleguide", "styleguide-question", "kept-mail")
    return [*(reverse(name) for name in names), "/nothing-is-here/"]


def pages_open(site: Site) -> list[str]:
    """Pages that need no log-in."""
    names = ("log-in", "password-reset", "password-reset-sent")
    broken = reverse("password-reset-confirm", args=["MQ", "not-a-token"])
    gone = (reverse(name, args=["not-a-token"]) for name in ("invitation", "address-confirm"))
    return [
        *(reverse(name) for name in names),
        broken,
        *gone,
        reverse("unsubscribe", args=[site.rows["unsubscribe"][0]]),
    ]


SPECIAL = {
    "channel-new", "subscription-new", "subscription-edit", "subscription-drop",
    "batch-stop", "batch-resume", "import-stop", "broadcast-decide",
    "broadcast-recipient", "broadcast-change", "broadcast-restart", "broadcast-restart-edit", "selection-add", "selection-move",
    "selection-date",
    "me",
    "kept-mail",
    "password-change", "styleguide", "styleguide-question", "log-in", "password-reset", "password-reset-sent",
    "password-reset-confirm", "unsubscribe", "address", "invitation", "address-confirm",
}  # fmt: skip
