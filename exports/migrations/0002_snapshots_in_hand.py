"""What may be said of a done snapshot besides: that it was withdrawn; and sending one elsewhere."""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

# A snapshot that is done never changes, whoever writes: only what is said about it may.
FREEZE = """
CREATE OR REPLACE FUNCTION exports_snapshot_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE marks text[] := ARRAY[
    'contains_voided', 'created_by_id', 'superseded_by_id', 'withdrawn_at', 'files_deleted_at'];
BEGIN
    IF to_jsonb(NEW) - marks IS DISTINCT FROM to_jsonb(OLD) - marks THEN
        RAISE EXCEPTION 'snapshot % is done and cannot be changed', OLD.uid
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""
BEFORE = """
CREATE OR REPLACE FUNCTION exports_snapshot_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - 'contains_voided' - 'created_by_id'
        IS DISTINCT FROM to_jsonb(OLD) - 'contains_voided' - 'created_by_id' THEN
        RAISE EXCEPTION 'snapshot % is done and cannot be changed', OLD.uid
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("exports", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="snapshot",
            name="superseded_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="supersedes",
                to="exports.snapshot",
            ),
        ),
        migrations.AddField(
            model_name="snapshot",
            name="withdrawn_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="snapshot",
            name="files_deleted_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.RunSQL(FREEZE, BEFORE),
        migrations.CreateModel(
            name="Push",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("url", models.CharField(max_length=500)),
                ("format", models.CharField(blank=True, max_length=40)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Waiting"),
                            ("running", "Being sent"),
                            ("done", "Sent"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        max_length=8,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("files_done", models.PositiveIntegerField(default=0)),
                ("files_total", models.PositiveIntegerField(default=0)),
                ("bytes_done", models.BigIntegerField(default=0)),
                ("bytes_total", models.BigIntegerField(default=0)),
                ("log", models.JSONField(blank=True, default=list)),
                ("error", models.TextField(blank=True)),
                ("sealed", models.BinaryField(default=b"")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "snapshot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pushes",
                        to="exports.snapshot",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["done", "failed"]), _negated=True
                        )
                        | models.Q(("sealed", b"")),
                        name="a_finished_push_keeps_no_credential",
                    )
                ],
            },
        ),
    ]
