"""How PostgreSQL should keep these tables: room on the page for the counts, and vacuum that keeps up with claims."""

from django.db import migrations

TUNE = """
ALTER TABLE batches_batchrequest SET (fillfactor = 50);
ALTER TABLE batches_workerlease SET (fillfactor = 50);
ALTER TABLE batches_batchitem SET (
    fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05
);
"""
UNTUNE = """
ALTER TABLE batches_batchrequest RESET (fillfactor);
ALTER TABLE batches_workerlease RESET (fillfactor);
ALTER TABLE batches_batchitem RESET (
    fillfactor, autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor
);
"""


class Migration(migrations.Migration):
    dependencies = [("batches", "0001_initial")]

    operations = [migrations.RunSQL(TUNE, UNTUNE)]
