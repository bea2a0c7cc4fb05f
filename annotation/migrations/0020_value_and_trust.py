from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ("annotation", "0019_projects_in_run"),
    ]

    operations = []
