import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("training", "0003_scores"),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="is_check",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.CreateModel(
            name="RunInput",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("role", models.CharField(max_length=40)),
                ("checkpoint", models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name="uses", to="training.checkpoint")),
                ("run", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="inputs", to="training.run")),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(fields=("run", "role", "checkpoint"), name="one_use_of_a_checkpoint_in_a_role"),
                ],
            },
        ),
    ]
