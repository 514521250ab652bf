"""Every component with the states that it can be in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from batches.presentation import StatusWord
from messaging.segments import segments_of
from messaging.variables import OFFERED

from .pieces import (
    LONG_NAME,
    PEOPLE,
    Example,
    Named,
    SampleChat,
    SampleFile,
    SampleForm,
    SampleMembership,
    SampleProgram,
    SampleRow,
    sample_filter,
    sample_table,
)

STATUSES = (
    ("Scheduled", "calendar", "grey"),
    ("Queued", "clock", "grey"),
    ("Processing", "player-play", "blue"),
    ("Waiting for retry, 2 of 5", "refresh", "orange"),
    ("Stopping", "hand-stop", "orange"),
    ("Stopped", "player-stop", "dark"),
    ("Completed", "circle-check", "green"),
    ("Failed", "circle-x", "red"),
    ("Channel paused", "alert-triangle", "orange"),
    ("Unknown", "help-circle", "purple"),
)
TALLIES = (
    ("Successful", "green"),
    ("Failed", "red"),
    ("Skipped", "dark"),
    ("Not sent", "dark"),
    ("Unknown", "purple"),
    ("Waiting", "grey"),
)


def status(number: int) -> StatusWord:
    """A status as its badge wants it."""
    return StatusWord(*STATUSES[number])


def tallies(*counts: int) -> list[dict[str, Any]]:
    """The tallies of a log with these numbers, the first one open."""
    return [
        {"label": label, "count": count, "url": "#tallies", "colour": colour, "current": not number}
        for number, ((label, colour), count) in enumerate(zip(TALLIES, counts, strict=True))
    ]


def samples(now: datetime) -> dict[str, list[Example]]:
    """The examples of each component, by the name of its file without the ending."""
    return {
        **telling(),
        **counting(),
        **listing(now),
        **talking(now),
        **writing(now),
        **asking(),
        **framing(),
    }


def telling() -> dict[str, list[Example]]:
    """Status, headings, and what stands where there is nothing."""
    return {
        "status_badge": [
            Example(label, {"status": status(number), "note": {2: "43%", 7: "99.4% processed"}.get(number)})
            for number, (label, _icon, _colour) in enumerate(STATUSES)
        ],
        "page_header": [
            Example(
                "With all it can have",
                {
                    "title": "Spring box",
                    "pretitle": "Spring gifting",
                    "sentence": "4,210 of 10,000 are sent, 5,625 wait.",
                    "status": status(2),
                    "status_note": "43%",
                    "actions": "styleguide/_actions.html",
                },
            ),
        ],
        "empty_state": [
            Example(
                "Nothing yet",
                {
                    "icon": "send",
                    "title": "Nothing sent yet",
                    "text": "Write a message; Sandbox simulates.",
                    "action_url": "#empty_state",
                    "action_label": "New message",
                },
            ),
            Example("Nothing matches", {"icon": "search", "title": "No match for “zoe” in DE."}),
        ],
        "code_block": [Example("To copy", {"text": "bat_2F9qX…  --program glow", "id": "sample-code"})],
    }


def counting() -> dict[str, list[Example]]:
    """Progress and numbers."""
    return {
        "progress": [
            Example(
                "Running", {"name": "Spring box", "done": 4_210, "total": 10_000, "rate": 80, "left": 70}
            ),
            Example(
                "Stalled",
                {"name": "May news", "done": 12, "total": 300, "note": "no progress for 12 s"},
            ),
            Example("Done", {"name": "Welcome", "done": 200, "total": 200}),
            Example("Not begun", {"name": "Summer", "done": 0, "total": 0}),
        ],
        "tallies": [
            Example(
                "They add up",
                {"tallies": tallies(4_210, 12, 150, 0, 3, 5_625), "total": 10_000, "name": "Recipients"},
            ),
            Example(
                "A sum that is off",
                {"tallies": tallies(1, 0, 0, 0, 0, 0), "total": 2, "name": "Recipients, off", "id": "off"},
            ),
        ],
    }


def listing(now: datetime) -> dict[str, list[Example]]:
    """Lists, their filters, and their arrows."""
    many = [f"{name} {number}" for number in range(60) for name in PEOPLE]
    return {
        "filter_bar": [
            Example("Search, choice and day", {"filter": sample_filter("q=zoe&stage=a")}),
        ],
        "table": [
            Example("Sorted, with names as they come", {"table": sample_table(PEOPLE, query="sort=name")}),
            Example("Empty", {"table": sample_table([], prefix="none-", caption="Nobody")}),
        ],
        "pagination": [
            Example(
                "In the middle",
                {"table": sample_table(many, query="many-page=2", prefix="many-", caption="Many people")},
            ),
        ],
        "chat_row": [
            Example(
                "Unread",
                {"row": row(PEOPLE[1], "متى يصل الطرد؟", now, unread=2), "url": "#chat_row"},
            ),
            Example(
                "Ours was the last word",
                {
                    "row": row(LONG_NAME, "Hi, your box is on its way " * 4, now, ours=True),
                    "url": "#chat_row",
                },
            ),
        ],
    }


def row(name: str, preview: str, now: datetime, *, unread: int = 0, ours: bool = False) -> SampleRow:
    """A line of the list of chats."""
    chat = SampleChat(Named(name), Named("WhatsApp EU"), now - timedelta(hours=3))
    return SampleRow(chat, preview, unread, ours)


def talking(now: datetime) -> dict[str, list[Example]]:
    """Conversations and what happened when."""
    steps = [
        {"label": "Queued", "at": now, "icon": "clock", "colour": "grey"},
        {"label": "Sent", "at": now, "icon": "check", "colour": "grey"},
        {"label": "Failed", "at": now, "icon": "x", "colour": "red"},
    ]
    ours = {"author": "May news, Bo", "at": now, "mine": True}
    return {
        "chat_bubble": [
            Example(
                "Theirs, in a script that runs to the left",
                {"body": "مرحبا 👋", "author": PEOPLE[1], "at": now},
            ),
            Example("Ours, delivered", {**ours, "subject": "Your box", "body": "Hi Bea,\nit is on its way."}),
            Example(
                "Ours, failed",
                {
                    **ours,
                    "body": "Hi Bea",
                    "steps": steps,
                    "reason": "Not on WhatsApp.",
                    "raw": '{"code": 131026}',
                },
            ),
        ],
        "chat_file": [
            Example(
                "Kept",
                {
                    "file": SampleFile("kept", "قياسات sizes 📏.pdf"),
                    "program": SampleProgram(1, "Glow", "glow"),
                },
            ),
            Example("On its way", {"file": SampleFile("waiting")}),
            Example("Not to be had", {"file": SampleFile("failed", "video.mp4", "It is larger than 16 MB.")}),
        ],
    }


def writing(now: datetime) -> dict[str, list[Example]]:
    """What happened to a message, and what helps to write one."""
    return {
        "timeline": [
            Example(
                "A stopped broadcast",
                {
                    "events": [
                        {"title": "Requested", "at": now - timedelta(minutes=5), "text": "by Ana"},
                        {"title": "Started", "at": now, "icon": "player-play", "colour": "blue"},
                        {"title": "Stopped", "at": now, "icon": "player-stop", "colour": "dark"},
                    ]
                },
            ),
        ],
        "sms_size": [
            Example("One part", {"sms": segments_of("Your box is on its way.")}),
            Example("Dear because of one character", {"sms": segments_of("Your box is on its way 🎁 " * 9)}),
        ],
        "html_frame": [Example("Empty until something is written", {"title": "Preview of the e-mail"})],
        "variables": [Example("Folded", {"offered": OFFERED, "into": "id_body"})],
    }


def asking() -> dict[str, list[Example]]:
    """Forms and questions."""
    wrong = SampleForm.mistaken()
    return {
        "form_fields": [Example("Each kind of field", {"form": SampleForm()})],
        "form_errors": [Example("On top of the form", {"form": wrong})],
        "field": [Example("With a mistake", {"field": wrong["email"]})],
        "field_notes": [Example("Hint and mistake below a field", {"field": wrong["name"]})],
    }


def framing() -> dict[str, list[Example]]:
    """What stands around every page."""
    here = SampleProgram(1, "Glow", "glow")
    mine = [
        SampleMembership(here, "Manager"),
        SampleMembership(SampleProgram(2, "نور", "noor"), "Viewer"),
    ]
    return {
        "brand": [Example("Name and mark")],
        "program_switch": [Example("Folded", {"program": here, "my_memberships": mine})],
    }
