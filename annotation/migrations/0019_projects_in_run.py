from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ("annotation", "0018_imports_in_hand"),
    ]

    operations = []
