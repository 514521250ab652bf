"""The writes of this app. Callers import from here, not from the files below."""

from batchadmin.accounts.services.addresses import (
    address_change,
    address_change_read,
    address_token,
)
from batchadmin.accounts.services.audit import audit_forget, audit_record
from batchadmin.accounts.services.idempotency import (
    Answer,
    KeyReused,
    Remembered,
    answer_known,
    fingerprint_of,
    request_once,
    requests_forget,
)
from batchadmin.accounts.services.invitations import (
    invitation_accept,
    invitation_find,
    invitation_join,
    invitation_make,
    invitation_revoke,
)
from batchadmin.accounts.services.members import member_add, member_remove, member_role_change
from batchadmin.accounts.services.programs import Created, program_change, program_create
from batchadmin.accounts.services.retention import audit_purge, retention_change, retention_of
from batchadmin.accounts.services.sessions import session_end, sessions_end, sessions_forget
from batchadmin.accounts.services.tokens import (
    token_create,
    token_find,
    token_person,
    token_revoke,
    token_used,
)
from batchadmin.accounts.services.users import user_create

__all__ = [
    "Answer",
    "Created",
    "KeyReused",
    "Remembered",
    "address_change",
    "address_change_read",
    "address_token",
    "answer_known",
    "audit_forget",
    "audit_purge",
    "audit_record",
    "fingerprint_of",
    "invitation_accept",
    "invitation_find",
    "invitation_join",
    "invitation_make",
    "invitation_revoke",
    "member_add",
    "member_remove",
    "member_role_change",
    "program_change",
    "program_create",
    "request_once",
    "requests_forget",
    "retention_change",
    "retention_of",
    "session_end",
    "sessions_end",
    "sessions_forget",
    "token_create",
    "token_find",
    "token_person",
    "token_revoke",
    "token_used",
    "user_create",
]
