"""Batches in plain text, for the terminal. Not translated: support reads it, and so do scripts' logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from batches.models import COUNTED, BatchRequest

from .statuses import status_word

_HEADS = ("ID", "Program", "Type", "Name", "Size", "Status", "Requester", "Requested at (UTC)")


def list_words(batches: Sequence[BatchRequest]) -> str:
    """One line a batch, in columns."""
    if not batches:
        return "No batch requests."
    rows = [_HEADS, *(_row(batch) for batch in batches)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(_HEADS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _row(batch: BatchRequest) -> tuple[str, ...]:
    return (
        str(batch.pk),
        batch.program.slug,
        batch.type,
        batch.title[:50],
        f"{batch.total:,}",
        status_word(batch).words,
        batch.requester.email,
        _at(batch.requested_at),
    )


def show_words(batch: BatchRequest) -> str:
    """A batch with its counts, which add up to its size, and for a stopped one what went out after the click."""
    counts = " + ".join(
        f"{getattr(batch, name):,} {name.replace('_', ' ')}" for name in (*COUNTED[2:], *COUNTED[:2])
    )
    lines = [
        f"Batch {batch.pk}: {batch.title}",
        f"Program:    {batch.program.slug}",
        f"Type:       {batch.type}",
        f"Status:     {status_word(batch).words}",
        f"Counts:     {counts} = {batch.total:,}",
        f"Requester:  {batch.requester.email}",
        f"Requested:  {_at(batch.requested_at)}",
        f"Scheduled:  {_at(batch.scheduled_for)}",
        f"Started:    {_at(batch.started_at)}",
        f"Finished:   {_at(batch.finished_at)}",
    ]
    if batch.stopped_by:
        lines.append(f"Stopped by: {batch.stopped_by.email} at {_at(batch.stop_requested_at)}")
        lines.append(f"            {batch.sent_after_stop or 0:,} went out after the click")
    if batch.restart_of_id:
        lines.append(f"Restart of: {batch.restart_of_id}")
    if batch.last_error:
        lines.append(f"Last error: {batch.last_error}")
    return "\n".join(lines)


def sweep_words(done: Mapping[str, int]) -> str:
    """What a sweep did."""
    return "Swept: " + ", ".join(f"{count} {name}" for name, count in done.items())


def check_words(wrong: Sequence[Mapping[str, object]]) -> str:
    """Which batches' counts and items disagree."""
    if not wrong:
        return "Every batch's counts agree with its items."
    lines = [f"{len(wrong)} disagree:"]
    lines += [
        f"  batch {row['id']}: size {row['total']}, counts {row['counts']}, items {row['items']}"
        for row in wrong
    ]
    return "\n".join(lines)


def _at(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else "-"
