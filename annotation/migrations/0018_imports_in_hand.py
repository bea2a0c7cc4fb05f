from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("annotation", "0017_next_task_at_scale"),
    ]

    operations = [
        migrations.AddField(
            model_name="importbatch",
            name="columns",
            field=models.JSONField(
                blank=True, db_default=models.Value({}, models.JSONField()), default=dict
            ),
        ),
        migrations.AddField(
            model_name="importbatch",
            name="findings",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="importbatch",
            name="origin",
            field=models.CharField(blank=True, db_default="", default="", max_length=300),
        ),
        migrations.AddField(
            model_name="importbatch",
            name="personal",
            field=models.CharField(
                choices=[
                    ("keep", "Keep them as they are"),
                    ("tag", "Tag them"),
                    ("cover", "Cover it in the texts"),
                    ("drop", "Drop them"),
                ],
                db_default="keep",
                default="keep",
                max_length=5,
            ),
        ),
        migrations.AddField(
            model_name="importbatch",
            name="previews",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="importbatch",
            name="rows_before",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="importbatch",
            name="working_since",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="importbatch",
            name="state",
            field=models.CharField(
                choices=[
                    ("fetching", "Fetching"),
                    ("queued", "Waiting"),
                    ("checking", "Checking"),
                    ("preview", "To be confirmed"),
                    ("writing", "Writing"),
                    ("done", "Done"),
                    ("failed", "Refused"),
                    ("paused", "Paused"),
                    ("cancelled", "Cancelled"),
                ],
                default="queued",
                max_length=10,
            ),
        ),
    ]
