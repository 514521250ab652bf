"""The certificates with which Amazon SNS signs, kept by their addresses."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from batchadmin.lib.outgoing import OutgoingError, get

from .reporting import CannotTell

SECONDS = 5.0  # for the whole answer
MOST_BYTES = 32 * 1024
MOST_KEPT = 16  # Amazon has one a region, and changes it about once a year
GONE = frozenset({400, 403, 404, 410})  # there is no such certificate
AGAIN_AFTER = 2.0  # seconds in which an address that didn't answer isn't asked again


class NoCertificate(Exception):
    """There is none at this address, or none that is valid now."""


class Certificates:
    """The certificates of a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, x509.Certificate] = {}
        self._silent: dict[str, tuple[float, str]] = {}

    def key(self, address: str) -> RSAPublicKey:
        """The key of the certificate at this address; raises NoCertificate, and CannotTell when nobody answers."""
        with self._lock:
            found = self._kept.get(address)
            if found is None or not is_valid(found):
                found = self._kept[address] = self._fetched(address)
                while len(self._kept) > MOST_KEPT:
                    del self._kept[next(iter(self._kept))]
        key = found.public_key()
        if not is_valid(found) or not isinstance(key, RSAPublicKey):
            raise NoCertificate
        return key

    def forget(self) -> None:
        """Keep none."""
        with self._lock:
            self._kept.clear()
            self._silent.clear()

    def _fetched(self, address: str) -> x509.Certificate:
        """One thread asks and the others wait for it, at most as long as one call may take."""
        until, why = self._silent.get(address, (0.0, ""))
        if time.monotonic() < until:
            raise CannotTell(why)
        self._silent.pop(address, None)
        try:
            return certificate_get(address)
        except CannotTell as silence:
            self._silent = {address: (time.monotonic() + AGAIN_AFTER, str(silence))}
            raise


def certificate_get(address: str) -> x509.Certificate:
    """What lies at this address of Amazon's; raises NoCertificate, and CannotTell when it can't be had now."""
    try:
        answer = get(address, headers={}, most=MOST_BYTES, seconds=SECONDS)
    except OutgoingError as error:
        raise CannotTell(str(error)) from error
    if answer.status in GONE:
        raise NoCertificate
    if answer.status != 200:
        raise CannotTell(f"HTTP {answer.status}")
    try:
        return x509.load_pem_x509_certificate(answer.content)
    except ValueError as error:
        raise CannotTell("no certificate") from error


def is_valid(certificate: x509.Certificate) -> bool:
    """Whether now is within its time."""
    return certificate.not_valid_before_utc <= datetime.now(UTC) <= certificate.not_valid_after_utc


CERTIFICATES = Certificates()
