"""The kind of batch that sends what goes out by itself. Listed nowhere: it has a page of its own."""

from __future__ import annotations

from batchadmin.lib.routes import address
from batches.models import BatchRequest
from messaging.bulk import BroadcastSend
from messaging.models import Broadcast


class AutomatedSend(BroadcastSend):
    """Messages that a template sends by itself."""

    code = "automated"
    in_batch_requests = False

    def page(self, batch: BatchRequest) -> str:
        """The page of the template's automation; the overview, if the template is gone."""
        template = Broadcast.objects.select_related("template").get(batch=batch).template
        if template is None:
            return address("automation", {"program": batch.program.slug})
        return address("automation-template", {"program": batch.program.slug, "pk": template.pk})
