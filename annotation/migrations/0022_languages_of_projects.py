"""An index by which the languages of a project are found one after another, built beside the work."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # An index is built concurrently outside transactions only.
    atomic = False
    dependencies = [("annotation", "0021_fewer_indexes")]
    operations = [
        AddIndexConcurrently(
            "prompt",
            models.Index(fields=["project", "language"], name="languages_of_project"),
        ),
    ]
