"""Secrets at rest, encrypted with a key made from SECRET_KEY; SECRET_KEY_FALLBACKS still open old ones."""

import base64
import hashlib
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.encoding import force_bytes

# Another purpose would take another salt, so that no two share a key.
SALT = b"batchadmin.lib.crypto"


class DecryptionError(Exception):
    """A stored secret can't be opened with any known key."""


def _fernet() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(key: str | bytes) -> bytes:
    """A Fernet key. SECRET_KEY is long and random, so one hash is enough: there is nothing to guess."""
    return base64.urlsafe_b64encode(hashlib.sha256(SALT + force_bytes(key)).digest())


def encrypt(text: str) -> str:
    """The text as ASCII that only this site's key opens; never the same twice."""
    return _fernet().encrypt(text.encode()).decode("ascii")


def decrypt(encrypted: str) -> str:
    """The text that `encrypt` was given; raises DecryptionError for another key's, or a damaged one."""
    try:
        return _fernet().decrypt(encrypted.encode("ascii")).decode()
    except (InvalidToken, UnicodeEncodeError) as error:
        raise DecryptionError(
            "A stored secret can't be opened: SECRET_KEY has changed. "
            "Name the former one in SECRET_KEY_FALLBACKS, or enter the secret again."
        ) from error


def encrypt_again(encrypted: str) -> str:
    """The same secret, encrypted with the newest key; raises DecryptionError as `decrypt` does."""
    return encrypt(decrypt(encrypted))


class EncryptedJSONField(models.TextField):  # type: ignore[type-arg]
    """Any JSON value, encrypted in the database. It can't be searched by."""

    def from_db_value(self, value: str | None, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        """The value as it was saved; raises DecryptionError when the key has changed."""
        return None if value is None else json.loads(decrypt(value))

    def get_prep_value(self, value: Any) -> str | None:
        """What the database keeps."""
        return None if value is None else encrypt(json.dumps(value))

    def to_python(self, value: Any) -> Any:
        """The value itself: it is JSON already."""
        return value

    def value_to_string(self, obj: models.Model) -> str:
        """What a dump holds: still encrypted."""
        return self.get_prep_value(self.value_from_object(obj)) or ""
