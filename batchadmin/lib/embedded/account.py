"""Which user runs the servers. PostgreSQL refuses to run as root, so root lends it to an unprivileged one."""

import os
import pwd
import stat
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from .errors import ServicesError

CANDIDATES = ("postgres", "nobody")


class RunAs(TypedDict, total=False):
    """The part of subprocess's arguments that says as whom."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """A user of this machine."""

    uid: int
    gid: int
    name: str

    @property
    def is_ours(self) -> bool:
        """Whether this very process runs as that user."""
        return self.uid == os.geteuid()

    @property
    def run_as(self) -> RunAs:
        """Arguments that make subprocess run something as that user."""
        return {} if self.is_ours else {"user": self.uid, "group": self.gid, "extra_groups": []}


def choose(folder: Path) -> Account:
    """Who runs the servers whose data are in `folder`: we; as root their owner, else `postgres` or `nobody`."""
    owner = folder.stat().st_uid if folder.exists() else None
    if os.geteuid() != 0:
        return _ourselves(folder, owner)
    if owner:
        return (
            _account(pwd.getpwuid(owner))
            if _is_known(owner)
            else Account(owner, folder.stat().st_gid, f"user {owner}")
        )
    for name in CANDIDATES:
        try:
            return _account(pwd.getpwnam(name))
        except KeyError:
            continue
    raise ServicesError(
        "PostgreSQL doesn't run as root, and this machine has neither a user “postgres” nor “nobody”: "
        "make one (useradd --system postgres), or start Batchadmin as an ordinary user."
    )


def own(folder: Path, account: Account) -> None:
    """Make `folder`, readable by `account` alone; what root put there (a restored copy) is given to it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.geteuid() == 0 and folder.stat().st_uid != account.uid:
        give(folder, account)
        for inside in folder.rglob("*"):
            give(inside, account)
    folder.chmod(0o700)


def give(path: Path, account: Account) -> None:
    """Make `account` the owner of `path`, and of what a symbolic link is, not of what it points at."""
    if not account.is_ours:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def open_the_way(account: Account, targets: Iterable[Path]) -> None:
    """Let `account` pass through the folders above `targets`, saying which and why before it is done."""
    closed = [folder for folder in _above(targets) if not _may_pass(folder, account)]
    if not closed or account.is_ours:
        return
    print(  # noqa: T201 - said before settings are loaded, and before anything is changed
        f"PostgreSQL doesn't run as root, so it runs as “{account.name}”, who must be able to pass through "
        "these folders. They become passable (chmod o+x), not readable:",
        *(f"  {folder}" for folder in closed),
        sep="\n",
        file=sys.stderr,
        flush=True,
    )
    for folder in closed:
        folder.chmod(stat.S_IMODE(folder.stat().st_mode) | _bit(folder.stat(), account))


def _ourselves(folder: Path, owner: int | None) -> Account:
    uid = os.geteuid()
    if owner is not None and owner != uid:
        name = pwd.getpwuid(owner).pw_name if _is_known(owner) else f"user {owner}"
        raise ServicesError(
            f"{folder} belongs to “{name}”: start Batchadmin as “{name}” or, if root made it, as root; "
            "or name another folder in DATA_DIR."
        )
    return Account(uid, os.getegid(), pwd.getpwuid(uid).pw_name if _is_known(uid) else f"user {uid}")


def _account(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_uid, entry.pw_gid, entry.pw_name)


def _is_known(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _above(targets: Iterable[Path]) -> list[Path]:
    folders = {
        folder
        for target in targets
        for path in (target.absolute(), target.resolve())
        for folder in path.parents
    }
    return sorted(folders)


def _may_pass(folder: Path, account: Account) -> bool:
    return bool(folder.stat().st_mode & _bit(folder.stat(), account))


def _bit(found: os.stat_result, account: Account) -> int:
    if found.st_uid == account.uid:
        return stat.S_IXUSR
    return stat.S_IXGRP if found.st_gid == account.gid else stat.S_IXOTH
