import uuid

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0001_initial"),
    ]

    operations = [
        # A default is one value for all rows, so each row gets its own before they have to differ.
        migrations.AddField(
            model_name="channel",
            name="public_id",
            field=models.UUIDField(default=uuid.uuid4, editable=False, null=True),
        ),
        migrations.RunSQL(
            "UPDATE messaging_channel SET public_id = gen_random_uuid()", migrations.RunSQL.noop
        ),
        migrations.AlterField(
            model_name="channel",
            name="public_id",
            field=models.UUIDField(default=uuid.uuid4, editable=False, unique=True),
        ),
        migrations.AddField(
            model_name="broadcast",
            name="approved",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="channel",
            name="bad_signature_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="channel",
            name="bad_signatures",
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name="channel",
            name="daily_limit",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Messages a day, from midnight to midnight in the program's time zone. Empty: no limit.",
                null=True,
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="daily limit",
            ),
        ),
        migrations.AddField(
            model_name="channel",
            name="reported_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="chat",
            name="last_inbound_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name="ChannelDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("day", models.DateField()),
                ("taken", models.PositiveIntegerField(default=0)),
                (
                    "channel",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="days",
                        to="messaging.channel",
                    ),
                ),
            ],
            options={
                "verbose_name": "day of a channel",
                "verbose_name_plural": "days of channels",
                "constraints": [
                    models.UniqueConstraint(fields=("channel", "day"), name="channel_day_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="StrayMessage",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("provider_id", models.CharField(max_length=200)),
                ("address", models.CharField(max_length=320)),
                ("name", models.CharField(blank=True, max_length=200)),
                ("body", models.TextField()),
                ("at", models.DateTimeField()),
                (
                    "channel",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="strays",
                        to="messaging.channel",
                    ),
                ),
            ],
            options={
                "verbose_name": "stray message",
                "verbose_name_plural": "stray messages",
                "constraints": [
                    models.UniqueConstraint(fields=("channel", "provider_id"), name="stray_message_once")
                ],
            },
        ),
    ]
