"""Why a request is refused: an HTTP status, and a document that says the same."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from batchadmin.lib.wire import Document

# Fixed words, as the interface has them: other systems may compare them.
TEXTS = {
    0: "Successful operation",
    400: "Invalid request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    429: "Too many requests",
    500: "Internal error",
}
TOO_LARGE = "http: request body too large"


class Refused(Exception):
    """A request can't be answered as asked; `debug` says why."""

    def __init__(self, status: int, debug: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(debug)
        self.status, self.debug = status, debug
        self.headers = dict(headers or {})

    def document(self) -> Document:
        """What is answered."""
        return {"error": self.status, "error_debug": self.debug, "error_text": TEXTS[self.status]}


def malformed(debug: str) -> Refused:
    """The refusal of a request that isn't one."""
    return Refused(400, debug)


def too_large() -> Refused:
    """The refusal of a body over the limit."""
    return Refused(400, TOO_LARGE)


def unauthorized() -> Refused:
    """The refusal of a caller without a good token. Missing, unknown and revoked ones are all alike."""
    words = _("Send a valid token: in the body as “token”, or in the header as Authorization: Bearer bat_…")
    return Refused(401, words, headers={"WWW-Authenticate": "Bearer"})
