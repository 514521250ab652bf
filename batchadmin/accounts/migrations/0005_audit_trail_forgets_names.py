"""Whoever is erased goes from the audit trail as well: their name and address do, and nothing else."""

from django.db import migrations

FORGETS = """
CREATE OR REPLACE FUNCTION accounts_audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.actor_id IS NULL AND to_jsonb(NEW) - 'actor_id' = to_jsonb(OLD) - 'actor_id' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND current_setting('batchadmin.retention', true) = 'erasure' AND NEW.subject = ''
        AND NEW.detail = OLD.detail - 'address' AND OLD.detail ? 'influencer'
        AND to_jsonb(NEW) - 'subject' - 'detail' = to_jsonb(OLD) - 'subject' - 'detail' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' AND current_setting('batchadmin.retention', true) = 'audit' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'The audit trail is append-only: entries are neither changed nor deleted.';
END;
$$;
"""
BEFORE = """
CREATE OR REPLACE FUNCTION accounts_audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_audit_trail_only_grows")]

    operations = [migrations.RunSQL(FORGETS, BEFORE)]
