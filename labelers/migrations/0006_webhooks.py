"""Webhooks, and the trigger by which each audit row is kept for those that are to be told of it."""

import uuid

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

# In the deed's own transaction, so that neither is there without the other. The ids of audit rows
# are no order of commits: a reader with a place to go on from would pass over what commits late.
WAIT = """
CREATE FUNCTION accord_webhooks_wait() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO labelers_webhookwaiting (webhook_id, event_id)
    SELECT id, NEW.id FROM labelers_webhook
    WHERE is_on AND (project_id IS NULL OR project_id = NEW.project_id)
        AND NEW.action = ANY (events);
    RETURN NULL;
END $$;
CREATE TRIGGER accord_webhooks_wait AFTER INSERT ON labelers_auditevent
    FOR EACH ROW EXECUTE FUNCTION accord_webhooks_wait();
"""
FORGET = """
DROP TRIGGER accord_webhooks_wait ON labelers_auditevent;
DROP FUNCTION accord_webhooks_wait();
"""


class Migration(migrations.Migration):

    dependencies = [
        ("labelers", "0005_signing_in"),
    ]

    operations = [
        migrations.CreateModel(
            name="Webhook",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=80)),
                ("url", models.CharField(max_length=2000)),
                ("events", django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), size=None)),
                ("batch_size", models.PositiveSmallIntegerField(default=50, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)])),
                ("is_on", models.BooleanField(default=True)),
                ("off_because", models.CharField(blank=True, choices=[("person", "Switched off by an admin"), ("failures", "Switched off because deliveries kept failing")], max_length=8)),
                ("next_sequence", models.BigIntegerField(default=1)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("failing_since", models.DateTimeField(null=True)),
                ("failed_connections", models.PositiveIntegerField(default=0)),
                ("quiet_until", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("created_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL)),
                ("project", models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name="webhooks", to="labelers.project")),
            ],
            options={"ordering": ["-id"]},
        ),
        migrations.CreateModel(
            name="WebhookSecret",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seed", models.CharField(max_length=64)),
                ("secret_hash", models.CharField(max_length=64)),
                ("expires_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("webhook", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="secrets", to="labelers.webhook")),
            ],
            options={"ordering": ["-id"]},
        ),
        migrations.CreateModel(
            name="WebhookWaiting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event_id", models.BigIntegerField()),
                ("webhook", models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="labelers.webhook")),
            ],
            options={"indexes": [models.Index(fields=["webhook", "event_id"], name="waiting_by_webhook")]},
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("sequence", models.BigIntegerField()),
                ("kind", models.CharField(choices=[("events", "Events"), ("test", "Test")], default="events", max_length=6)),
                ("event_ids", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ("state", models.CharField(choices=[("waiting", "Waiting"), ("delivered", "Delivered"), ("failed", "Given up")], default="waiting", max_length=9)),
                ("attempt_count", models.PositiveIntegerField(default=0)),
                ("attempts", models.JSONField(default=list)),
                ("next_at", models.DateTimeField()),
                ("give_up_at", models.DateTimeField()),
                ("leased_until", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("webhook", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="deliveries", to="labelers.webhook")),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(condition=models.Q(("state", "waiting")), fields=["webhook", "next_at"], name="deliveries_due"),
                    models.Index(condition=models.Q(("state", "waiting"), _negated=True), fields=["finished_at"], name="deliveries_ended"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("webhook", "sequence"), name="deliveries_in_sequence"),
                ],
            },
        ),
        migrations.RunSQL(WAIT, FORGET),
    ]
