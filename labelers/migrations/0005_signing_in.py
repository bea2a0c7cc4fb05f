from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ("labelers", "0004_api_in_use"),
    ]

    operations = []
