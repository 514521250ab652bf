"""The writes of this app. Callers import from here, not from the files below."""

from batchadmin.accounts.services.audit import audit_record
from batchadmin.accounts.services.members import member_add, member_remove, member_role_change
from batchadmin.accounts.services.programs import Created, program_create
from batchadmin.accounts.services.tokens import token_create, token_find, token_revoke
from batchadmin.accounts.services.users import user_create

__all__ = [
    "Created",
    "audit_record",
    "member_add",
    "member_remove",
    "member_role_change",
    "program_create",
    "token_create",
    "token_find",
    "token_revoke",
    "user_create",
]
