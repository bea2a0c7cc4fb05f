from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ("labelers", "0006_webhooks"),
    ]

    operations = []
