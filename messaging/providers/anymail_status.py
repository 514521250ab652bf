"""What an e-mail service's answer means, whichever it is: anymail raises, and what it raises tells.

raised                                       what follows
nothing                                      accepted
the recipient is refused                     refused
no connection could be made                  the channel pauses
the answer didn't come, or was garbage       ambiguous
HTTP 401, 403, 503                           the channel pauses
HTTP 429, or an AWS word for it              throttled
other 4xx                                    refused, in the service's words
other                                        ambiguous (500, 502 and 504 among them)
"""

from __future__ import annotations

import re

import requests
from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
)
from urllib3.exceptions import ConnectTimeoutError as UrllibConnectTimeout
from urllib3.exceptions import NewConnectionError

from batches.kinds import Answer, Verdict
from messaging.reasons import SMTP_CODES

from .base import ProviderFault
from .http_calls import LONGEST_DETAIL
from .reachable import NotReachable

REFUSED = "refused_by_service"
LOG_IN = "5.7.8"
ENHANCED = re.compile(r"\b[45]\.\d{1,3}\.\d{1,3}\b")
AWS_SLOW = frozenset({"Throttling", "ThrottlingException", "TooManyRequestsException"})
AWS_PAUSED = frozenset({"AccountSuspendedException", "SendingPausedException", "LimitExceededException"})


def answer_of(error: Exception) -> Answer:
    """The answer that an exception of a sending stands for; raises ProviderFault where nothing can be sent now."""
    words = words_of(error)
    if isinstance(error, AnymailRecipientsRefused):
        return Answer(Verdict.REFUSED, REFUSED, words)
    cause = error.__cause__ or error
    if never_connected(cause):
        raise ProviderFault("connection", words) from error
    if isinstance(cause, (NoCredentialsError, PartialCredentialsError)):
        raise ProviderFault(LOG_IN, words) from error
    if isinstance(cause, ClientError):
        return of_amazon(cause, words)
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        return by_status(status, words)
    if isinstance(error, AnymailError) and not isinstance(error, AnymailAPIError):
        return Answer(Verdict.REFUSED, "other", words)  # the message could not even be put together
    return Answer(Verdict.AMBIGUOUS, "unknown", words)


def of_amazon(error: ClientError, words: str) -> Answer:
    """The same for Amazon's own client."""
    code = error.response.get("Error", {}).get("Code", "")
    if code in AWS_SLOW:
        return Answer(Verdict.THROTTLED, "slow_down", words)
    if code in AWS_PAUSED:
        raise ProviderFault("503", words)
    return by_status(int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)), words)


def by_status(status: int, words: str) -> Answer:
    """What an HTTP status alone says."""
    if status in (401, 403):
        raise ProviderFault(LOG_IN, words)
    if status == 503:
        raise ProviderFault("503", words)
    if status == 429:
        return Answer(Verdict.THROTTLED, "slow_down", words)
    if 400 <= status < 500:
        return Answer(Verdict.REFUSED, "other", words)
    return Answer(Verdict.AMBIGUOUS, "unknown", words)


def never_connected(cause: BaseException) -> bool:
    """Whether there was no connection at all, so that nothing can have gone out."""
    if isinstance(
        cause, (NotReachable, requests.ConnectTimeout, EndpointConnectionError, ConnectTimeoutError)
    ):
        return True
    if isinstance(cause, requests.ConnectionError) and cause.args:
        reason = getattr(cause.args[0], "reason", None)
        return isinstance(reason, (NewConnectionError, UrllibConnectTimeout))
    return False


def words_of(error: Exception) -> str:
    """What the service said, in short."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(lines)[:LONGEST_DETAIL]


def reason_of_bounce(said: str, hard: bool) -> str:
    """A bounce's reason: the enhanced code in their server's words where we know it, else whether it is for good."""
    found = ENHANCED.search(said)
    if found and found[0] in SMTP_CODES:
        return found[0]
    return "5.1.1" if hard else "bounced"
