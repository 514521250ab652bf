"""Secrets at rest."""

import pytest
from pytest_django import Settings

from batchadmin.lib.crypto import DecryptionError, EncryptedJSONField, decrypt, encrypt


def test_what_was_encrypted_can_be_read_again() -> None:
    assert decrypt(encrypt("pass wörd 🔑")) == "pass wörd 🔑"


def test_the_stored_text_shows_nothing_and_is_never_the_same() -> None:
    first, second = encrypt("hunter2"), encrypt("hunter2")
    assert first != second
    assert "hunter2" not in first


def test_a_former_key_still_opens_old_secrets(settings: Settings) -> None:
    settings.SECRET_KEY = "old" * 20
    stored = encrypt("x")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new" * 20, ["old" * 20]
    assert decrypt(stored) == "x"


def test_a_lost_key_says_what_to_do(settings: Settings) -> None:
    stored = encrypt("x")
    settings.SECRET_KEY = "another" * 10
    with pytest.raises(DecryptionError, match="SECRET_KEY_FALLBACKS"):
        decrypt(stored)


@pytest.mark.parametrize("damaged", ["", "x", "gAAAAA", "ü"])
def test_damaged_text_is_refused(damaged: str) -> None:
    with pytest.raises(DecryptionError):
        decrypt(damaged)


@pytest.mark.parametrize("value", [{}, {"password": "a"}, [1, None], "text", None])
def test_the_field_keeps_any_json(value: object) -> None:
    field = EncryptedJSONField()
    stored = field.get_prep_value(value)
    assert field.from_db_value(stored, None, None) == value  # type: ignore[arg-type]
