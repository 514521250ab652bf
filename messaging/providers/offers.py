"""The messages that a provider has approved, as it lists them: their wording, and what has to be filled in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, frozen=True)
class OfferedButton:
    """A button; `wants` is what has to be filled in of it ("url", "copy_code"), or "" for nothing."""

    index: int  # from 0
    label: str
    wants: str = ""


@dataclass(slots=True, frozen=True)
class Offer:
    """One approved message. The names of variables that have none are their numbers."""

    name: str
    language: str
    category: str
    body: str
    header: str = ""  # the text on top
    footer: str = ""
    header_wants: str = ""  # "text", "image", "video", "document", or "" for nothing
    header_name: str = ""  # of its variable, where it has a name
    variables: tuple[str, ...] = ()  # of the body, in their order
    buttons: tuple[OfferedButton, ...] = ()
    lacking: str = ""  # what of it we can't fill in; such a message can't be sent from here

    @property
    def key(self) -> str:
        """How a form names it."""
        return f"{self.name}|{self.language}"

    @property
    def named(self) -> bool:
        """Whether its variables have names rather than numbers."""
        return any(not name.isdecimal() for name in self.variables)

    @property
    def wanting(self) -> tuple[OfferedButton, ...]:
        """The buttons of which something has to be filled in."""
        return tuple(button for button in self.buttons if button.wants)
