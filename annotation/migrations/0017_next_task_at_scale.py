from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ("annotation", "0016_judgments_from_elsewhere"),
    ]

    operations = []
