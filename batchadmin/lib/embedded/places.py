"""Where the embedded servers keep their data, locks, logs and sockets."""

import contextlib
import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from .account import Account
from .errors import ServicesError

# Sockets have to be in a folder with a short name: a path longer than 107 bytes is refused, or silently cut.
SOCKETS_ROOT = Path("/tmp")  # noqa: S108 - the folder inside is private, and its owner is checked
LONGEST_SOCKET = 100


@dataclass(frozen=True)
class Places:
    """The paths of the embedded servers of one data folder."""

    data_dir: Path

    @property
    def postgres(self) -> Path:
        """What belongs to PostgreSQL alone."""
        return self.data_dir / "postgres"

    @property
    def redis(self) -> Path:
        """What belongs to Redis alone."""
        return self.data_dir / "redis"

    @property
    def log(self) -> Path:
        """The logs of both."""
        return self.data_dir / "log"

    def lock(self, name: str) -> Path:
        """The lock file of that name."""
        return self.data_dir / "locks" / name

    def sockets(self, account: Account) -> Path:
        """The private folder of the sockets, the same one for every process that uses this data folder."""
        digest = hashlib.sha256(os.fsencode(self.data_dir.resolve())).hexdigest()[:8]
        return SOCKETS_ROOT / f"batchadmin-{account.uid}-{digest}"


def make_private(folder: Path, account: Account) -> None:
    """Make the folder of the sockets; refuse one that somebody else has put there, as /tmp is open to all."""
    if len(os.fsencode(folder / ".s.PGSQL.5432.lock")) > LONGEST_SOCKET:
        raise ServicesError(f"{folder} is too long a path for sockets.")
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (account.uid, os.geteuid()):
        raise ServicesError(
            f"{folder} is where Batchadmin's sockets go, but somebody else has put something there: "
            "remove it and start again."
        )
    os.chmod(folder, 0o700)
    if found.st_uid != account.uid:
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)


def remove_private(folder: Path, account: Account) -> None:
    """Remove the folder of the sockets if it is ours and nothing is in it any more."""
    with contextlib.suppress(OSError):
        if folder.lstat().st_uid == account.uid:
            folder.rmdir()
