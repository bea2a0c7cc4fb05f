"""Indexes that nothing needs are dropped, beside the work: every row written pays for each.

A constraint begins with the same column, or nearly every row has nothing in it; what is in the
others is found by an index of those alone. The keys to other tables stay as they are.
"""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q

CASCADE, SET_NULL = django.db.models.deletion.CASCADE, django.db.models.deletion.SET_NULL

# The table and column of an index, its name, and the key as the models have it now.
DROPPED = [
    ("prompt", "project", "annotation_prompt_project_id_58d87d7b",
     {"on_delete": CASCADE, "related_name": "prompts", "to": "labelers.project"}),
    ("response", "prompt", "annotation_response_prompt_id_037f728d",
     {"on_delete": CASCADE, "related_name": "responses", "to": "annotation.prompt"}),
    ("task", "project", "annotation_task_project_id_988e15bb",
     {"on_delete": CASCADE, "related_name": "tasks", "to": "labelers.project"}),
    ("task", "follows", "annotation_task_follows_id_9da4e74c",
     {"null": True, "on_delete": CASCADE, "related_name": "followed_by",
      "to": "annotation.judgment"}),
    ("task", "reserved_for", "annotation_task_reserved_for_id_e97cda62",
     {"null": True, "on_delete": SET_NULL, "related_name": "tasks_reserved",
      "to": settings.AUTH_USER_MODEL}),
    ("task", "not_for", "annotation_task_not_for_id_29709fe6",
     {"null": True, "on_delete": SET_NULL, "related_name": "tasks_withheld",
      "to": settings.AUTH_USER_MODEL}),
    ("taskresponse", "task", "annotation_taskresponse_task_id_86015958",
     {"on_delete": CASCADE, "related_name": "placed", "to": "annotation.task"}),
]  # fmt: skip


def _without_index(model: str, column: str, index: str, key: dict) -> migrations.RunSQL:
    return migrations.RunSQL(
        f'DROP INDEX CONCURRENTLY IF EXISTS "{index}"',
        f'CREATE INDEX CONCURRENTLY "{index}" ON annotation_{model} ({column}_id)',
        state_operations=[
            migrations.AlterField(model, column, models.ForeignKey(db_index=False, **key))
        ],
    )


class Migration(migrations.Migration):
    # An index is built and dropped concurrently outside transactions only.
    atomic = False
    dependencies = [
        ("annotation", "0020_value_and_trust"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        *(
            AddIndexConcurrently(
                "task",
                models.Index(fields=[field], name=name, condition=Q((f"{field}__isnull", False))),
            )
            for field, name in (
                ("follows", "turns_that_follow"),
                ("reserved_for", "reserved_tasks"),
                ("not_for", "withheld_tasks"),
            )
        ),
        *(_without_index(*dropped) for dropped in DROPPED),
    ]
