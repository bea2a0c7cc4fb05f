from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ("annotation", "0017_next_task_at_scale"),
    ]

    operations = []
