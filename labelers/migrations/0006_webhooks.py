from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ("labelers", "0005_signing_in"),
    ]

    operations = []
