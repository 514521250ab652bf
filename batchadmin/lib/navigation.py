"""The left navigation: which pages there are, in which groups. A page that has no address yet isn't shown."""

from dataclasses import dataclass, field

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from batchadmin.lib.routes import address


@dataclass(frozen=True)
class Entry:
    """One line of the navigation: words, icon, and the name of its page's address, or the pages under it.

    `needs` names what a member has to be allowed (an attribute of a membership, such as "may_own") to open the page.
    """

    label: str | Promise
    icon: str = ""
    name: str = ""
    entries: tuple["Entry", ...] = ()
    needs: str = ""


@dataclass
class Link:
    """A line as it is shown: with its address, and whether it's the page being looked at."""

    label: str | Promise
    icon: str
    url: str
    is_current: bool = False
    links: list["Link"] = field(default_factory=list)


NAVIGATION = (
    Entry(_("Dashboard"), "layout-dashboard", "dashboard"),
    Entry(_("Campaigns"), "speakerphone", "campaigns"),
    Entry(_("Influencers"), "users", "influencers"),
    Entry(_("Chats"), "messages", "chats"),
    Entry(
        _("Bulk messages"),
        "send",
        entries=(
            Entry(_("New"), name="broadcast-new", needs="may_manage"),
            Entry(_("Logs"), name="broadcasts"),
            Entry(_("Templates"), name="templates"),
            Entry(_("Triggers"), name="triggers"),
            Entry(_("Automation"), name="automation"),
        ),
    ),
    Entry(
        _("Settings"),
        "settings",
        entries=(
            Entry(_("Batch Requests"), name="batches"),
            Entry(_("Imports"), name="imports"),
            Entry(_("Channels"), name="channels"),
            Entry(_("API tokens"), name="tokens", needs="may_own"),
            Entry(_("Webhooks"), name="webhooks", needs="may_own"),
            Entry(_("Members"), name="members"),
            Entry(_("Program"), name="program"),
            Entry(_("Data"), name="data", needs="may_own"),
            Entry(_("Audit"), name="audit", needs="may_own"),
        ),
    ),
)


def url_or_none(name: str, *args: object, **kwargs: object) -> str | None:
    """The address of the page called `name`, or None while there is no such page."""
    try:
        return reverse(name, args=args) if args else address(name, kwargs)
    except NoReverseMatch:
        return None


def navigation_links(program_slug: str, path: str, membership: object = None) -> list[Link]:
    """The navigation of a program for somebody who looks at the page at `path`: what this membership may open.

    Without a membership every page is there.
    """
    links = [link for entry in NAVIGATION if (link := _link(entry, program_slug, membership)) is not None]
    pages = [page for link in links for page in (link.links or [link])]
    # "…/messages/new/" lies under "…/messages/" too: the longest address that fits is the page.
    fitting = [page for page in pages if path == page.url or path.startswith(_below(page, program_slug))]
    if fitting:
        max(fitting, key=lambda page: len(page.url)).is_current = True
    return links


def _link(entry: Entry, program_slug: str, membership: object) -> Link | None:
    if membership is not None and entry.needs and not getattr(membership, entry.needs):
        return None
    if entry.entries:
        children = (_link(child, program_slug, membership) for child in entry.entries)
        below = [link for link in children if link is not None]
        return Link(entry.label, entry.icon, url="", links=below) if below else None
    url = url_or_none(entry.name, program=program_slug)
    return Link(entry.label, entry.icon, url) if url else None


def _below(page: Link, program_slug: str) -> str:
    """What addresses under the page begin with; everything is under the dashboard, so that is only itself."""
    return "\0" if page.url == url_or_none("dashboard", program=program_slug) else page.url
