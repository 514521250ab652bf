"""The choices of this app: what a member may do, and when a user wants to be told."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """A member's role in one program, from the least to the most it allows."""

    VIEWER = "viewer", _("Viewer")
    MANAGER = "manager", _("Manager")
    OWNER = "owner", _("Owner")

    def covers(self, needed: "Role") -> bool:
        """Whether this role allows everything that `needed` allows."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(needed)

    @property
    def plural(self) -> str:
        """The people with this role, as a sentence begins with them."""
        return {
            Role.VIEWER: str(_("Viewers")),
            Role.MANAGER: str(_("Managers")),
            Role.OWNER: str(_("Owners")),
        }[self]

    @property
    def allows(self) -> str:
        """What the role allows, in one phrase for a form's hint."""
        return {
            Role.VIEWER: str(_("Sees everything in the program, changes nothing.")),
            Role.MANAGER: str(_("Also imports, moves and messages influencers.")),
            Role.OWNER: str(_("Also changes channels, tokens, members and settings.")),
        }[self]


class NotifyWhen(models.TextChoices):
    """When a user gets an e-mail about the end of a batch; the notice in the app is always there."""

    ALWAYS = "always", _("Whenever a batch of mine ends")
    ONLY_FAILURES = "only_failures", _("Only when one has failed")
    NEVER = "never", _("Never")
