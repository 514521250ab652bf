"""What this app tells the floors above it."""

from django.dispatch import Signal

# Participants have entered a stage. Sent inside the transaction that moved them, once per chunk, so whatever a
# receiver writes stands or falls with the move; an exception undoes the chunk.
# Arguments: stage (Stage), change_ids (list[int], of StageChange), by (User or None), batch_id (int or None).
stage_entered = Signal()
