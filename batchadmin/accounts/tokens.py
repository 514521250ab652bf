"""API tokens as text: how one is made, and what of it is kept."""

import hashlib
import secrets

MARK = "bat_"
PREFIX_LENGTH = 12


def token_text() -> str:
    """A new token: a mark by which leak scanners know it, and 256 random bits."""
    return MARK + secrets.token_urlsafe(32)


def invitation_text() -> str:
    """What the link of an invitation carries: 256 random bits."""
    return secrets.token_urlsafe(32)


def token_hash(plaintext: str) -> str:
    """What the database keeps. A plain SHA-256 is enough, because the token itself is random and long."""
    return hashlib.sha256(plaintext.encode()).hexdigest()
