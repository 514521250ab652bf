"""Amazon SNS: whether a call is signed by it, and saying that we want to hear a topic.

As documented: the fields of the message, each name and value on a line of its own, are signed with the key of a certificate that
lies at an address of SNS. Only that host is ever asked, over TLS, by the guarded client; a caller has shown our log-in before.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from batchadmin.lib.outgoing import OutgoingError, get

from .reporting import CannotTell
from .sns_certificates import CERTIFICATES, NoCertificate

NOTIFICATION = "Notification"
CONFIRMATION = "SubscriptionConfirmation"
UNSUBSCRIBED = "UnsubscribeConfirmation"
_ABOUT_TOPIC = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
SIGNED = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    CONFIRMATION: _ABOUT_TOPIC,
    UNSUBSCRIBED: _ABOUT_TOPIC,
}
MAY_LACK = "Subject"
HASHES: dict[str, hashes.HashAlgorithm] = {"1": hashes.SHA1(), "2": hashes.SHA256()}  # noqa: S303 - Amazon's choice
HOST = re.compile(r"sns\.[a-z]{2}(-[a-z]+){1,3}-[0-9]{1,2}\.amazonaws\.com(\.cn)?")
TOPIC = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]{1,256}")
SECONDS = 5.0
MOST_ANSWER = 16 * 1024

Told = Mapping[str, Any]  # the message of SNS, as its JSON says it


def is_signed(told: Told) -> bool:
    """Whether SNS has signed this message; raises CannotTell while its certificate can't be had."""
    text, algorithm = signed_text(told), HASHES.get(str(told.get("SignatureVersion")))
    address = told.get("SigningCertURL")
    if text is None or algorithm is None or not isinstance(address, str) or not is_of_amazon(address):
        return False
    try:
        signature = base64.b64decode(str(told.get("Signature", "")), validate=True)
        CERTIFICATES.key(address).verify(signature, text, padding.PKCS1v15(), algorithm)
    except (InvalidSignature, NoCertificate, binascii.Error, ValueError):
        return False
    return True


def signed_text(told: Told) -> bytes | None:
    """What the signature is over; None for what is no message of SNS."""
    lines: list[str] = []
    for name in SIGNED.get(str(told.get("Type")), ()):
        value = told.get(name)
        if value is None and name == MAY_LACK:
            continue
        if not isinstance(value, str):
            return None
        lines += (name, value)
    try:
        return "".join(f"{line}\n" for line in lines).encode() if lines else None
    except UnicodeEncodeError:  # half a character
        return None


def is_of_amazon(address: str) -> bool:
    """Whether this is an address of SNS itself, over TLS, without a log-in or a port of somebody's choice."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return False
    plain = parts.netloc.removesuffix(":443")
    return parts.scheme == "https" and port in (None, 443) and HOST.fullmatch(plain) is not None


def topic_of(told: Told) -> str:
    """The topic that sends it; empty for what is no name of one."""
    name = told.get("TopicArn")
    return name if isinstance(name, str) and TOPIC.fullmatch(name) else ""


def subscription_confirm(told: Told) -> bool:
    """Say that we want to hear the topic of this signed message; False if its address isn't Amazon's. Raises CannotTell."""
    address = told.get("SubscribeURL")
    if not isinstance(address, str) or not is_of_amazon(address):
        return False
    try:
        answer = get(address, headers={}, most=MOST_ANSWER, seconds=SECONDS)
    except OutgoingError as error:
        raise CannotTell(str(error)) from error
    if answer.status != 200:
        raise CannotTell(f"HTTP {answer.status}")
    return True
