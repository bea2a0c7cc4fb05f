"""What is asked next, by value; scores of reward models; contested items for trusted labelers.

Columns come without a rewrite and the index on tasks is built beside the work.
"""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Now

EVEN_OUT = """
CREATE OR REPLACE FUNCTION accord_even_out() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.value := NEW.free_slots - NEW.overlap;
    RETURN NEW;
END $$
"""

# By its name it comes before task_returned, which looks at the value.
EVEN_OUT_TRIGGER = """
CREATE OR REPLACE TRIGGER task_evened_out BEFORE UPDATE ON annotation_task FOR EACH ROW WHEN (
    NEW.is_evened AND (NEW.free_slots <> OLD.free_slots OR NEW.overlap <> OLD.overlap)
) EXECUTE FUNCTION accord_even_out()
"""

_RETURNED = """
CREATE OR REPLACE TRIGGER task_returned BEFORE UPDATE ON annotation_task FOR EACH ROW WHEN (
    NEW.state = 'open' AND NOT NEW.is_gold AND NEW.free_slots > 0 AND (
        NEW.free_slots > OLD.free_slots OR OLD.state <> 'open' OR OLD.is_gold
        OR NEW.priority > OLD.priority OR NEW.value > OLD.value
        OR NEW.reserved_for_id IS DISTINCT FROM OLD.reserved_for_id
        OR NEW.not_for_id IS DISTINCT FROM OLD.not_for_id%s
    )
) EXECUTE FUNCTION accord_note_return()
"""

RETURNED_TRIGGER = _RETURNED % " OR (OLD.trusted_only AND NOT NEW.trusted_only)"
RETURNED_TRIGGER_BEFORE = _RETURNED % ""

_SHARE = [MinValueValidator(0), MaxValueValidator(1)]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("annotation", "0019_projects_in_run"),
    ]

    operations = [
        migrations.AddField(
            "task", "is_evened", models.BooleanField(db_default=False, default=False)
        ),
        migrations.AddField(
            "task", "trusted_only", models.BooleanField(db_default=False, default=False)
        ),
        migrations.AddField("task", "contested_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "projectsettings",
            "next_by",
            models.CharField(
                choices=[
                    ("imported", "As they were imported"),
                    ("random", "In random order"),
                    ("least", "Least judged first"),
                    ("uncertain", "Most uncertain first"),
                ],
                db_default="imported",
                default="imported",
                max_length=9,
            ),
        ),
        migrations.AddField(
            "projectsettings",
            "scorer",
            models.CharField(blank=True, db_default="", default="", max_length=120),
        ),
        migrations.AddField(
            "projectsettings",
            "contested_below",
            models.FloatField(blank=True, null=True, validators=_SHARE),
        ),
        migrations.AddField(
            "projectsettings",
            "contested_more",
            models.PositiveSmallIntegerField(
                db_default=2,
                default=2,
                validators=[MinValueValidator(1), MaxValueValidator(10)],
            ),
        ),
        migrations.AddField(
            "projectsettings",
            "contested_by_trusted",
            models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            "projectsettings",
            "contested_looked_at",
            models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            "projectsettings",
            "trusted_from",
            models.FloatField(blank=True, null=True, validators=_SHARE),
        ),
        migrations.AlterField(
            "longchange",
            "kind",
            models.CharField(
                choices=[
                    ("overlap", "Change of the overlap"),
                    ("copy", "Copy of the items"),
                    ("order", "Change of the order"),
                ],
                max_length=7,
            ),
        ),
        migrations.CreateModel(
            name="ResponseScore",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("scorer", models.CharField(max_length=120)),
                ("mean", models.FloatField()),
                ("spread", models.FloatField(default=0)),
                ("scored_at", models.DateTimeField(db_default=Now(), editable=False)),
                (
                    "response",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="scores",
                        to="annotation.response",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("response", "scorer"), name="one_score_of_a_scorer"
                    )
                ]
            },
        ),
        migrations.CreateModel(
            name="TrustedLabeler",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("created_at", models.DateTimeField(db_default=Now(), editable=False)),
                (
                    "marked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="labelers_trusted",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="trusted_in",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="trusted_labelers",
                        to="labelers.project",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("project", "person"), name="trusted_once")
                ]
            },
        ),
        AddIndexConcurrently(
            "task",
            models.Index(
                fields=["project", "id"],
                name="contested_tasks",
                condition=Q(contested_at__isnull=False),
            ),
        ),
        migrations.RunSQL(
            [EVEN_OUT, EVEN_OUT_TRIGGER, RETURNED_TRIGGER],
            [
                RETURNED_TRIGGER_BEFORE,
                "DROP TRIGGER IF EXISTS task_evened_out ON annotation_task",
                "DROP FUNCTION IF EXISTS accord_even_out()",
            ],
        ),
    ]
