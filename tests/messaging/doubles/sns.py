"""Amazon SNS as its documentation has it: signs messages; certificate and confirmations are at its own host, over TLS."""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from batchadmin.lib import outgoing
from messaging.providers import sns, sns_certificates
from messaging.providers.sns_certificates import CERTIFICATES
from tests.fixtures.certificates import Authority

from .server import Answer, Request, serving

HOST = "sns.eu-central-1.amazonaws.com"
TOPIC = "arn:aws:sns:eu-central-1:123456789012:ses-events"
CERTIFICATE = f"https://{HOST}/SimpleNotificationService-0123456789abcdef.pem"
KEY = rsa.generate_private_key(65537, 2048)
ORDER = {
    "Notification": "Message MessageId Subject Timestamp TopicArn Type",
    "SubscriptionConfirmation": "Message MessageId SubscribeURL Timestamp Token TopicArn Type",
}


def certificate_of(key: rsa.RSAPrivateKey, days: int = 10) -> bytes:
    """A certificate that ends in so many days."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=90))
    made = builder.not_valid_after(now + timedelta(days=days)).sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM)


class Sns:
    """What it has been asked for, and what it answers."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.certificate = Answer(200, certificate_of(KEY))
        self.confirmation = Answer(200, b"<ConfirmSubscriptionResponse/>")

    def respond(self, request: Request) -> Answer:
        """The certificate at its address, and a confirmation at any other."""
        self.asked.append(request.path)
        return self.certificate if request.path.endswith(".pem") else self.confirmation


def signed(message: str, version: str = "1", **fields: Any) -> dict[str, Any]:
    """A message of SNS, signed over what `fields` make of it."""
    told = {
        "Type": "Notification",
        "MessageId": "19ba9823",
        "TopicArn": TOPIC,
        "Message": message,
        "Timestamp": "2018-03-26T17:58:59.675Z",
        "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE,
        **fields,
    }
    names = [name for name in ORDER[told["Type"]].split() if name in told]
    text = "".join(f"{name}\n{told[name]}\n" for name in names)
    algorithm = hashes.SHA1() if version == "1" else hashes.SHA256()
    mark = KEY.sign(text.encode(), padding.PKCS1v15(), algorithm)
    return {**told, "Signature": base64.b64encode(mark).decode()}


@contextmanager
def at_amazon(authority: Authority, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Sns]:
    """Serve it on loopback, and have its name and port lead there; TLS and everything above are as they are."""
    double, look_up, connect = Sns(), socket.getaddrinfo, socket.create_connection
    with serving(double.respond, authority.issue(HOST)) as address:
        here = urlsplit(address).port

        def found(host: Any, port: Any, *args: Any, **more: Any) -> Any:
            return look_up("127.0.0.1" if host == HOST else host, port, *args, **more)

        def connected(address: Any, *args: Any, **more: Any) -> Any:
            host, port = address[:2]
            return connect((host, here if port == 443 else port), *args, **more)

        monkeypatch.setattr(socket, "getaddrinfo", found)
        monkeypatch.setattr(socket, "create_connection", connected)
        # Amazon gets five seconds for an answer; here both sides share a machine that may stand still for longer.
        for patience in (outgoing, "CONNECT_SECONDS"), (sns, "SECONDS"), (sns_certificates, "SECONDS"):
            monkeypatch.setattr(*patience, 60.0)
        settings.OUTGOING_ALLOWED_HOSTS = [HOST]
        for limit in (
            "messaging.providers.sns.SECONDS",
            "messaging.providers.sns_certificates.SECONDS",
            "batchadmin.lib.outgoing.CONNECT_SECONDS",
        ):
            monkeypatch.setattr(limit, 60.0)  # here nobody is silent, but maybe the machine is busy
        CERTIFICATES.forget()
        yield double
    CERTIFICATES.forget()
