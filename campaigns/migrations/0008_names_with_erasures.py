from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("campaigns", "0007_erasures"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="influencer",
            index=models.Index(
                fields=["program", "known_as", "id"], include=["erased_at"], name="influencer_names"
            ),
        ),
        RemoveIndexConcurrently(
            model_name="influencer",
            name="influencer_by_name",
        ),
    ]
