from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ("labelers", "0007_pay"),
    ]

    operations = []
