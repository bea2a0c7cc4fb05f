"""Whom an import asks, and the indexes by which items are looked up."""

import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotation", "0012_attempts_allowed")]

    operations = [
        migrations.AddField(
            model_name="importbatch",
            name="ask_people",
            field=models.BooleanField(null=True),
        ),
        migrations.AddIndex(
            model_name="prompt",
            index=django.contrib.postgres.indexes.GinIndex(fields=["tags"], name="prompts_by_tag"),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(fields=["project", "-id"], name="newest_tasks"),
        ),
        migrations.AddIndex(
            model_name="judgment",
            index=models.Index(
                condition=models.Q(("standing", "imported")),
                fields=["imported_labeler", "task"],
                name="imported_of_labeler",
            ),
        ),
        migrations.AddIndex(
            model_name="consensus",
            index=models.Index(
                condition=models.Q(("agreement__lt", 1)),
                fields=["agreement", "task"],
                name="most_disputed",
            ),
        ),
    ]
