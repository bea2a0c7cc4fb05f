from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ("labelers", "0003_screening_and_quality"),
    ]

    operations = []
