"""Reads the environment: every value as NAME or, for containers' secrets, from the file that NAME_FILE names.

A variable that is set but empty counts as not set. A wrong value raises `EnvError`, whose text says which
variable it is, what is wrong and what to write instead; it never repeats a value that may hold a password.
"""

import os
import secrets
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

YES = {"1", "true", "yes", "on"}
NO = {"0", "false", "no", "off"}
SHORTEST_SECRET = 32
FILE_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
SMTP_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
SMTP_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class EnvError(Exception):
    """A variable of the environment has a value that can't be used; the text is meant for people."""


@dataclass(frozen=True, kw_only=True)
class Email:
    """How the program's own mail leaves, in the words of Django's settings."""

    backend: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    starttls: bool = False
    tls: bool = False
    folder: Path | None = None


def is_set(name: str) -> bool:
    """Whether NAME or NAME_FILE is set to anything but nothing."""
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))


def text(name: str, default: str = "") -> str:
    """The value of `name`, else what stands in the file `name`_FILE names, else `default`."""
    return os.environ.get(name) or _from_file(name) or default


def flag(name: str, default: bool = False) -> bool:
    """A yes or a no: 1, true, yes, on; 0, false, no, off."""
    value = text(name).strip().lower()
    if not value:
        return default
    if value not in YES | NO:
        raise EnvError(f"{name} is “{value}”, which is neither a yes nor a no: write true or false.")
    return value in YES


def number(name: str, default: int, minimum: int = 0) -> int:
    """A whole number that is at least `minimum`."""
    value = text(name).strip()
    if not value:
        return default
    try:
        found = int(value)
    except ValueError:
        raise EnvError(
            f"{name} is “{value}”, which is no whole number: write one, for example {default}."
        ) from None
    if found < minimum:
        raise EnvError(f"{name} is {found}, which is too small: write {minimum} or more.")
    return found


def words(name: str, default: Sequence[str] = ()) -> list[str]:
    """Words separated by commas or spaces."""
    return text(name).replace(",", " ").split() or list(default)


def folder(name: str, default: Path) -> Path:
    """The absolute path of a folder, which need not exist yet."""
    path = Path(text(name, str(default))).expanduser().absolute()
    if path.exists() and not path.is_dir():
        raise EnvError(f"{name} is “{path}”, which is no folder: write the path of a folder.")
    return path


def url(name: str, default: str) -> str:
    """The address of a website, http or https, without a query."""
    value = text(name, default).strip()
    parts = _split(name, value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise EnvError(
            f"{name} is “{value}”, which is no web address: write one like https://batch.example.com."
        )
    return value


def required(name: str, why: str, schemes: Sequence[str] = ()) -> str:
    """The value of `name`, which must be set; `why` says who sets it. With `schemes`, one of those URLs."""
    value = text(name).strip()
    if not value:
        raise EnvError(f"{name} is not set ({why}): set it, or start with manage.py.")
    if schemes and _scheme(value) not in schemes:
        wanted = " or ".join(f"{scheme}://" for scheme in schemes)
        raise EnvError(f"{name} doesn't begin with {wanted}: write an address that does.")
    return value


def secret(name: str, kept_in: Path) -> str:
    """The secret that is set, else a random one, made once and kept in `kept_in`, readable by its owner."""
    value = text(name)
    if not value:
        return _kept_secret(name, kept_in)
    if len(value) < SHORTEST_SECRET:
        raise EnvError(
            f"{name} has {len(value)} characters, which is too short to be safe: "
            f"write at least {SHORTEST_SECRET} random ones, or leave it out and one is made."
        )
    return value


def email(name: str, kept_in: Path) -> Email:
    """How to send the program's own mail; when `name` isn't set, messages are kept as files in `kept_in`.

    Understands smtp://user:password@host:port, smtp+starttls://… and smtps://…, percent-encoded.
    """
    value = text(name).strip()
    if not value:
        return Email(backend=FILE_BACKEND, folder=kept_in)
    parts = _split(name, value)
    if parts.scheme not in SMTP_PORTS or not parts.hostname:
        raise EnvError(
            f"{name} is no address of a mail server: write smtp://user:password@host:port, "
            "or smtp+starttls:// or smtps:// for an encrypted one."
        )
    return Email(
        backend=SMTP_BACKEND,
        host=parts.hostname,
        port=_port(name, parts) or SMTP_PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        starttls=parts.scheme == "smtp+starttls",
        tls=parts.scheme == "smtps",
    )


def _from_file(name: str) -> str:
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return ""
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise EnvError(
            f"{name}_FILE names “{path}”, which can't be read ({reason}): name a readable file."
        ) from None


def _scheme(value: str) -> str:
    """What stands before :// in lower case; nothing when there is no ://."""
    scheme, separator, _rest = value.partition("://")
    return scheme.lower() if separator else ""


def _split(name: str, value: str) -> SplitResult:
    try:
        return urlsplit(value)
    except ValueError:
        raise EnvError(f"{name} is no address: write one like scheme://host:port.") from None


def _port(name: str, parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        raise EnvError(f"{name} has a port that is no number up to 65535: write one like :587.") from None


def _kept_secret(name: str, kept_in: Path) -> str:
    try:
        if not kept_in.exists():
            _keep(secrets.token_urlsafe(50), kept_in)
        kept = kept_in.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise EnvError(
            f"{name} is not set and can't be kept in “{kept_in}” ({error.strerror}): "
            "set it, or make that file readable and its folder writable."
        ) from None
    if not kept:
        raise EnvError(
            f"{name} is not set and “{kept_in}” is empty: delete that file and a new secret is made."
        )
    return kept


def _keep(value: str, path: Path) -> None:
    """Put `value` into `path` unless another process was faster; nobody ever reads half a secret."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # made with mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(value + "\n")
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(draft)
