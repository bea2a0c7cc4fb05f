import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("labelers", "0003_screening_and_quality"),
    ]

    operations = [
        migrations.CreateModel(
            name="UseCount",
            fields=[
                ("who", models.CharField(max_length=80, primary_key=True, serialize=False)),
                ("minute", models.BigIntegerField()),
                ("count", models.PositiveIntegerField()),
            ],
        ),
        # Counts of a minute need no write-ahead log; the table is new and empty.
        migrations.RunSQL(
            "ALTER TABLE labelers_usecount SET UNLOGGED",
            "ALTER TABLE labelers_usecount SET LOGGED",
        ),
        migrations.CreateModel(
            name="KeptAnswer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=64)),
                ("request", models.CharField(max_length=64)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("sealed", models.BinaryField(default=b"")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="kept_answers",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["created_at"], name="oldest_kept_answers")],
                "constraints": [
                    models.UniqueConstraint(fields=("person", "name"), name="one_answer_to_a_key")
                ],
            },
        ),
    ]
