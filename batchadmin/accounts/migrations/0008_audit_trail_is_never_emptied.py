"""The audit trail isn't emptied as a whole either: triggers for rows don't hear of a TRUNCATE, also by way of another table."""

from django.db import migrations

GUARD = """
CREATE FUNCTION accounts_audit_is_never_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('batchadmin.retention', true) = 'audit' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'The audit trail is append-only: it is not emptied.';
END;
$$;
CREATE TRIGGER audit_is_never_emptied BEFORE TRUNCATE ON accounts_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_audit_is_never_emptied();
"""
UNGUARD = """
DROP TRIGGER audit_is_never_emptied ON accounts_auditentry;
DROP FUNCTION accounts_audit_is_never_emptied();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_tries_in_a_minute")]

    operations = [migrations.RunSQL(GUARD, UNGUARD)]
