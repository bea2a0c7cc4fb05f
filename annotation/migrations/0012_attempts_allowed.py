"""How many attempts an admin allowed somebody, beyond the policy; the usual exam."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotation", "0005_screening_and_quality")]

    operations = [
        migrations.AddField(
            model_name="screeningprogress",
            name="attempts_allowed",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="screeningpolicy",
            name="exam_most",
            field=models.PositiveSmallIntegerField(
                default=100,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(500),
                ],
            ),
        ),
        migrations.AlterField(
            model_name="screeningpolicy",
            name="false_pass",
            field=models.FloatField(
                default=0.03,
                validators=[
                    django.core.validators.MinValueValidator(0.001),
                    django.core.validators.MaxValueValidator(0.4),
                ],
            ),
        ),
    ]
