from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.fields.json import KeyTransform


class Migration(migrations.Migration):
    """Numbers of followers by an index, and what the planner knows of them: of an index that was just made it knows nothing."""

    atomic = False

    dependencies = [
        ("campaigns", "0009_words_parted_faster"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="influencer",
            # Of numbers alone: a long text under this name wouldn't fit in a line of the index.
            index=models.Index(
                "program",
                KeyTransform("followers", "attributes"),
                condition=models.Q(attributes__followers__gte=0),
                name="influencer_by_followers",
            ),
        ),
        migrations.RunSQL("ANALYZE campaigns_influencer", migrations.RunSQL.noop),
    ]
