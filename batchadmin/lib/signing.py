"""How requests that we send to other systems are signed, so that they can tell them from forged and from old ones."""

from __future__ import annotations

import hashlib
import hmac
import secrets

TIMESTAMP_HEADER = "Batchadmin-Timestamp"
SIGNATURE_HEADER = "Batchadmin-Signature"
MARK = "whsec_"


def secret_text() -> str:
    """A new secret to share with the receiver: a mark by which leak scanners know it, and 256 random bits."""
    return MARK + secrets.token_urlsafe(32)


def signature(secret: str, body: bytes, *, at: int) -> str:
    """HMAC-SHA256 over the time (Unix seconds), a dot and the body, as `v1=` and hexadecimal digits."""
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
    return f"v1={signed.hexdigest()}"


def signed_headers(secret: str, body: bytes, *, at: int) -> dict[str, str]:
    """The two headers that a signed request has."""
    return {TIMESTAMP_HEADER: str(at), SIGNATURE_HEADER: signature(secret, body, at=at)}
