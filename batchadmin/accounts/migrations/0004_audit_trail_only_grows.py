"""The database itself lets the audit trail only grow."""

from django.db import migrations

# Deleting a user takes the reference to them away, and nothing else may ever change. Retention says in its transaction
# that it is retention; nothing that people can reach says so.
GUARD = """
CREATE FUNCTION accounts_audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.actor_id IS NULL AND to_jsonb(NEW) - 'actor_id' = to_jsonb(OLD) - 'actor_id' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' AND current_setting('batchadmin.retention', true) = 'audit' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'The audit trail is append-only: entries are neither changed nor deleted.';
END;
$$;
CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE ON accounts_auditentry
    FOR EACH ROW EXECUTE FUNCTION accounts_audit_only_grows();
"""
UNGUARD = """
DROP TRIGGER audit_only_grows ON accounts_auditentry;
DROP FUNCTION accounts_audit_only_grows();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_sessions_and_invitations")]

    operations = [migrations.RunSQL(GUARD, UNGUARD)]
