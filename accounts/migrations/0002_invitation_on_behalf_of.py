from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="invitation",
            name="on_behalf_of",
            field=models.UUIDField(blank=True, null=True),
        ),
    ]
