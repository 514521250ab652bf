"""The choices of this app: where a stage stands, how a person is reached, and what an import does."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Phase(models.TextChoices):
    """The part of a campaign that a stage belongs to, in the order in which a page shows them."""

    CANDIDATES = "candidates", _("Candidates")
    PARTICIPANTS = "participants", _("Participants")
    COMPLETE = "complete", _("Complete")
    DROPPED = "dropped", _("Dropped")


class ChannelType(models.TextChoices):
    """The ways to reach a person, each with its own opt-out."""

    EMAIL = "email", _("E-mail")
    WHATSAPP = "whatsapp", _("WhatsApp")
    SMS = "sms", _("SMS")


class OptOutSource(models.TextChoices):
    """On whose word somebody is not written to. Only a bounce is about the address; the others are about the person."""

    PERSON = "person", _("The person")
    MANAGER = "manager", _("A member of the program")
    BOUNCE = "bounce", _("A message came back")
    COMPLAINT = "complaint", _("Reported as unwanted")
    IMPORT = "import", _("An import")


class SubscriptionKind(models.TextChoices):
    """What kind of address a subscription is."""

    EMAIL = "email", _("E-mail")
    PHONE = "phone", _("Phone")
    PUSH = "push", _("Push")

    @property
    def channels(self) -> tuple[ChannelType, ...]:
        """The ways that lead to such an address; none to a device yet."""
        match self:
            case SubscriptionKind.EMAIL:
                return (ChannelType.EMAIL,)
            case SubscriptionKind.PHONE:
                return (ChannelType.WHATSAPP, ChannelType.SMS)
            case SubscriptionKind.PUSH:
                return ()


class StageAction(models.TextChoices):
    """What a batch does with a stage: brings new people into the campaign, or moves those who are in it."""

    ADD = "add", _("Add to campaign")
    MOVE = "move", _("Move to stage")


class ImportState(models.TextChoices):
    """How far an import has come: uploaded, looked at by a worker, handed to the engine, or emptied a day later.

    checking ◄──► draft ──► starting ◄──► started          each ──► erased
                    └─────────────────────► (a command does both by itself)
    """

    DRAFT = "draft", _("Not started")
    CHECKING = "checking", _("Being checked")
    STARTING = "starting", _("Being started")
    STARTED = "started", _("Started")
    ERASED = "erased", _("Erased")


class Operation(models.TextChoices):
    """What an import may do with a row."""

    UPSERT = "upsert", _("Create new influencers and update those who exist")
    CREATE = "create", _("Only create new influencers")
    UPDATE = "update", _("Only update influencers who exist")


class Identifier(models.TextChoices):
    """How a row finds its influencer. A handle does only where the file has nothing better."""

    ID = "id", _("ID")
    EMAIL = "email", _("E-mail address")
    MSISDN = "msisdn", _("Phone number")
    HANDLE = "handle", _("Handle")


class MultiValues(models.TextChoices):
    """What an import does with list values such as tags."""

    REPLACE = "replace", _("Replace")
    APPEND = "append", _("Add to those there")


class BulkStatus(models.TextChoices):
    """The status of a bulk of an import, in the words of the imports API."""

    WAITING = "waiting", _("Waiting")
    WORKING = "working", _("Working")
    WAITING_FOR_RETRY = "waiting_for_retry", _("Waiting for retry")
    FINISHED = "finished", _("Finished")
    FAILED = "failed", _("Failed")


class RowFate(models.TextChoices):
    """How a row of an import ended, or would end."""

    CREATED = "created", _("New")
    UPDATED = "updated", _("Change")
    UNCHANGED = "unchanged", _("Same")
    REJECTED = "rejected", _("Rejected")
