import django.db.models.deletion
from django.db import migrations, models

# What has gone out on dates so far was looked at by releases that kept no note of it: nothing before today counts as missed.
LOOKED_AT = """
INSERT INTO messaging_datewatch (template_id, seen_until)
SELECT id, CURRENT_DATE - 1 FROM messaging_template WHERE delivery = 'date'
"""


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0008_chats_in_order"),
    ]

    operations = [
        migrations.CreateModel(
            name="DateWatch",
            fields=[
                (
                    "template",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="watch",
                        serialize=False,
                        to="messaging.template",
                    ),
                ),
                ("seen_until", models.DateField()),
                ("late_since", models.DateField(null=True)),
                ("late_until", models.DateField(null=True)),
            ],
            options={
                "verbose_name": "watch over dates",
                "verbose_name_plural": "watches over dates",
            },
        ),
        migrations.RunSQL(LOOKED_AT, migrations.RunSQL.noop),
    ]
