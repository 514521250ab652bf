"""What both embedded servers have in common: an account, a lock that lives as long as they do, a log."""

import importlib.util
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import locks
from .account import Account, give
from .errors import ServicesError, last_lines
from .places import Places

LOG_KEPT_UP_TO = 10_000_000  # bytes; a longer one is put aside at the next start


@dataclass(frozen=True)
class Server:
    """An embedded server. Its processes inherit the lock `alive`, so whether it lives is the kernel's word."""

    places: Places
    account: Account

    name = ""
    variable = ""

    @property
    def alive(self) -> Path:
        """The lock file that the server's processes hold."""
        return self.places.lock(f"{self.name.lower()}-alive")

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.places.log / f"{self.name.lower()}.log"

    @property
    def sockets(self) -> Path:
        """The private folder of its socket."""
        return self.places.sockets(self.account)

    @property
    def binary(self) -> Path:
        """The program itself."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        """The address for DATABASE_URL or REDIS_URL."""
        raise NotImplementedError

    def is_up(self) -> bool:
        """Whether it serves; cheap enough to be asked every second."""
        raise NotImplementedError

    def start(self) -> None:
        """Start it after whatever happened to the last one. The caller holds the lock for starting."""
        raise NotImplementedError

    def stop(self) -> None:
        """Stop it in order and wait until it is gone."""
        raise NotImplementedError

    def open_log(self) -> int:
        """Make the log writable for the account; returns its length, where the next start's lines begin."""
        self.places.log.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_KEPT_UP_TO:
            self.log.replace(self.log.with_suffix(".log.1"))
        self.log.touch(mode=0o600)
        give(self.log, self.account)
        return self.log.stat().st_size

    def run(self, *command: str | Path, alive: int | None = None) -> "subprocess.CompletedProcess[str]":
        """Run one of the server's programs as its account; it inherits the lock whose descriptor is `alive`."""
        try:
            return subprocess.run(
                [str(part) for part in command],
                check=False,
                text=True,
                errors="replace",
                stdin=subprocess.DEVNULL,
                # A pipe would be inherited by the daemon and never end.
                stdout=subprocess.DEVNULL if alive is not None else subprocess.PIPE,
                stderr=subprocess.DEVNULL if alive is not None else subprocess.STDOUT,
                cwd=self.places.postgres if self.name == "PostgreSQL" else self.places.redis,
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                pass_fds=() if alive is None else (alive,),
                start_new_session=True,
                **self.account.run_as,
            )
        except OSError as error:
            raise ServicesError(
                f"“{command[0]}” can't be run as “{self.account.name}” ({error.strerror}): "
                "that user must be able to read and run the installed packages."
            ) from None

    def failure(self, what: str, since: int) -> ServicesError:
        """The error that says `what` happened and what the server's log says about it."""
        return ServicesError(f"{self.name} {what}. {last_lines(self.log, since)}")


def package_folder(name: str) -> Path:
    """The folder of an installed package, which isn't imported."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ServicesError(f"The package {name} isn't installed: run pip install -r requirements.txt.")
    return Path(spec.origin).parent


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether `condition` became true within that time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def take_alive(server: Server, seconds: float) -> int | None:
    """The lock that the server's processes hold, once the last is gone; nothing if they outlast `seconds`."""
    end = time.monotonic() + seconds
    while (descriptor := locks.try_exclusive(server.alive)) is None and time.monotonic() < end:
        time.sleep(0.02)
    return descriptor
