"""What people ask for with a single word: to be left alone, or to be written to again."""

from __future__ import annotations

import enum
import re


class Wish(enum.Enum):
    """What an incoming message asks for."""

    STOP = "stop"
    START = "start"


# The words that carriers and Twilio know, and their likes in the languages of our programs. The whole message has to be
# the word: "please don't stop" is a message, not a wish.
STOP_WORDS = frozenset(
    {
        "stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out",
        "arret", "arrêt", "desabonner", "désabonner", "stopp", "abmelden", "baja", "parar", "alto", "sair",
        "cancella", "annulla", "afmelden", "dur", "wypisz", "koniec",
    }
)  # fmt: skip
START_WORDS = frozenset(
    {
        "start", "unstop", "subscribe", "optin", "opt in", "anmelden", "alta", "iniciar", "aanmelden", "zapisz",
    }
)  # fmt: skip
_DRESSING = re.compile(r"[\s\W_]+")


def wish_of(text: str) -> Wish | None:
    """The wish that a message is, whatever its case and punctuation; None for any other message."""
    if len(text) > 60:
        return None
    word = _DRESSING.sub(" ", text).strip().casefold()
    if word in STOP_WORDS:
        return Wish.STOP
    return Wish.START if word in START_WORDS else None
