"""Finding the next task at the same cost in any project: the order by value, where each labeler is
in the queue, and notes of what came back into it, which triggers write whoever changes a task.

Nothing here locks a table for long: columns without a rewrite, indexes built beside the work.
"""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models import F, Func, Q
from django.db.models.functions import Now

_QUEUED = Q(free_slots__gt=0, is_gold=False, state="open")

RETURNED = """
CREATE OR REPLACE FUNCTION accord_note_return() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.returned := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END $$
"""

# The condition is asked of every change, the function is called for the few that matter.
RETURNED_TRIGGER = """
CREATE OR REPLACE TRIGGER task_returned BEFORE UPDATE ON annotation_task FOR EACH ROW WHEN (
    NEW.state = 'open' AND NOT NEW.is_gold AND NEW.free_slots > 0 AND (
        NEW.free_slots > OLD.free_slots OR OLD.state <> 'open' OR OLD.is_gold
        OR NEW.priority > OLD.priority OR NEW.value > OLD.value
        OR NEW.reserved_for_id IS DISTINCT FROM OLD.reserved_for_id
        OR NEW.not_for_id IS DISTINCT FROM OLD.not_for_id
    )
) EXECUTE FUNCTION accord_note_return()
"""

INFLUX = """
CREATE OR REPLACE FUNCTION accord_note_influx() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    this bigint := pg_current_xact_id()::text::bigint;
BEGIN
    IF (SELECT count(*) FROM (SELECT 1 FROM fresh LIMIT 21) few) <= 20 THEN
        UPDATE annotation_task SET returned = this WHERE id IN (
            SELECT id FROM fresh WHERE state = 'open' AND NOT is_gold AND free_slots > 0
        );
    ELSE
        INSERT INTO annotation_influx (project_id, transaction, priority, value, task)
        SELECT DISTINCT ON (project_id) project_id, this, priority, value, id FROM fresh
        WHERE state = 'open' AND NOT is_gold AND free_slots > 0
        ORDER BY project_id, priority DESC, value DESC, id;
    END IF;
    RETURN NULL;
END $$
"""

INFLUX_TRIGGER = """
CREATE OR REPLACE TRIGGER task_influx AFTER INSERT ON annotation_task
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION accord_note_influx()
"""

# What is withdrawn, voided, given back or erased is rare; then the counts of its labeler are
# taken anew.
RECOUNT = """
CREATE OR REPLACE FUNCTION accord_recount_work() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE annotation_desk SET counted_at = NULL
    WHERE person_id = OLD.person_id AND counted_at IS NOT NULL;
    RETURN NULL;
END $$
"""

RECOUNT_TRIGGER = """
CREATE OR REPLACE TRIGGER judgment_recount
AFTER UPDATE OF standing, is_current, created_at, person_id OR DELETE ON annotation_judgment
FOR EACH ROW EXECUTE FUNCTION accord_recount_work()
"""


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("annotation", "0016_judgments_from_elsewhere"),
    ]

    operations = [
        migrations.AddField("task", "value", models.FloatField(default=0, db_default=0)),
        migrations.AddField("task", "returned", models.BigIntegerField(editable=False, null=True)),
        migrations.CreateModel(
            name="Desk",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("priority", models.FloatField(null=True)),
                ("value", models.FloatField(null=True)),
                ("task", models.BigIntegerField(null=True)),
                ("since", models.BigIntegerField(null=True)),
                ("limits", models.TextField(blank=True, db_default="")),
                ("began_at", models.DateTimeField(null=True)),
                ("done", models.PositiveIntegerField(db_default=0)),
                ("done_today", models.PositiveIntegerField(db_default=0)),
                ("left", models.PositiveIntegerField(db_default=0)),
                ("counted_at", models.DateTimeField(null=True)),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="desks",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="desks",
                        to="labelers.project",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("project", "person"), name="one_desk_each", nulls_distinct=False
                    )
                ]
            },
        ),
        migrations.CreateModel(
            name="Influx",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("transaction", models.BigIntegerField()),
                ("priority", models.FloatField()),
                ("value", models.FloatField()),
                ("task", models.BigIntegerField()),
                ("came_at", models.DateTimeField(db_default=Now(), editable=False)),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="labelers.project",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["project", "transaction"], name="influx_of_project")
                ]
            },
        ),
        AddIndexConcurrently(
            "task",
            models.Index(
                F("project"),
                Func(F("priority"), template="(- %(expressions)s)"),
                Func(F("value"), template="(- %(expressions)s)"),
                F("id"),
                name="queue_of_project",
                condition=_QUEUED,
            ),
        ),
        RemoveIndexConcurrently("task", "next_task"),
        AddIndexConcurrently(
            "task",
            models.Index(
                fields=["project", "returned"],
                name="returned_tasks",
                condition=Q(free_slots__gt=0, is_gold=False, state="open", returned__isnull=False),
            ),
        ),
        AddIndexConcurrently(
            "task",
            models.Index(
                F("project"),
                Func(F("id"), function="hashint8"),
                name="gold_by_chance",
                condition=Q(is_gold=True, state="open"),
            ),
        ),
        migrations.RunSQL(
            [RETURNED, RETURNED_TRIGGER, INFLUX, INFLUX_TRIGGER, RECOUNT, RECOUNT_TRIGGER],
            [
                "DROP TRIGGER IF EXISTS judgment_recount ON annotation_judgment",
                "DROP TRIGGER IF EXISTS task_influx ON annotation_task",
                "DROP TRIGGER IF EXISTS task_returned ON annotation_task",
                "DROP FUNCTION IF EXISTS accord_recount_work()",
                "DROP FUNCTION IF EXISTS accord_note_influx()",
                "DROP FUNCTION IF EXISTS accord_note_return()",
            ],
        ),
    ]
