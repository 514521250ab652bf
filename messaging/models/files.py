"""Files that people send us."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messaging.file_types import PICTURES
from messaging.querysets import InboundFileQuerySet
from messaging.states import FileState

from .chats import Message


class InboundFile(models.Model):
    """A file that came with a person's message: fetched from the provider by a worker, and kept outside of what is served."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="files")
    reference = models.CharField(max_length=1_000)  # what the provider gives it out for
    name = models.CharField(_("name"), max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=FileState, default=FileState.WAITING)
    content_type = models.CharField(max_length=100, blank=True)  # what it is, whatever it was called
    size = models.PositiveIntegerField(default=0)  # bytes
    file = models.FileField(upload_to="inbound/%Y/%m/", max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    problem = models.CharField(max_length=300, blank=True)  # why it isn't here, in words
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = InboundFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("file of a person")
        verbose_name_plural = _("files of people")
        indexes = [models.Index(fields=["due_at"], condition=Q(state="waiting"), name="inbound_file_due")]

    def __str__(self) -> str:
        return self.name or str(_("File"))

    @property
    def is_picture(self) -> bool:
        """Whether a browser can show it in the chat."""
        return self.state == FileState.KEPT and self.content_type in PICTURES
