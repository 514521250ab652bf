"""Run as a program of its own: uploads, checks and starts a file, and prints by how many MB its memory grew at most.

python -m tests.campaigns.import_in_memory FILE PROGRAM USER
"""

import os
import sys
import uuid
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "batchadmin.settings")
django.setup()

from batchadmin.accounts.models import Program, User  # noqa: E402 (Django has to be ready)
from batches.models import WorkerLease  # noqa: E402
from campaigns.importing.rejected import rejected_rows  # noqa: E402
from campaigns.services import (  # noqa: E402
    import_carry_on,
    import_check_request,
    import_prepare,
    import_start_request,
    import_upload,
)


def peak() -> int:
    """The most memory that this process has ever had, in MB."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def main(path: Path, program: Program, by: User) -> None:
    before = peak()
    with path.open("rb") as file:
        imported = import_upload(program=program, by=by, file=file, name=path.name)
    ignored = dict.fromkeys((name for name in imported.mapping if name.startswith("note")), "ignore")
    import_prepare(imported=imported, columns=ignored)
    worker = WorkerLease.objects.create(id=uuid.uuid4(), host="here", pid=os.getpid()).pk
    import_check_request(imported=imported)
    import_carry_on(import_id=imported.pk, worker=worker, between=lambda: True)
    imported.refresh_from_db()
    import_start_request(imported=imported, by=by)
    import_carry_on(import_id=imported.pk, worker=worker, between=lambda: True)
    list(rejected_rows(imported))
    print(imported.check_result["rows"], peak() - before)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), Program.objects.get(pk=sys.argv[2]), User.objects.get(pk=sys.argv[3]))
