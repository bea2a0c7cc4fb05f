"""Sessions and tries of signing in, a cache for all processes, and an audit trail that stays.

An audit row is never deleted and never changed, except that its actor may be taken away
(``ON DELETE SET NULL``), or inside a transaction that has set ``accord.rewriting_audit``, which
only `labelers.audit.rewriting` does.
"""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

STAYS = """
CREATE FUNCTION accord_audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('accord.rewriting_audit', true) = 'on' THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.actor_id IS NULL THEN
        OLD.actor_id := NULL;
        IF NEW IS NOT DISTINCT FROM OLD THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the audit trail is only added to' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER accord_audit_stays BEFORE UPDATE OR DELETE ON labelers_auditevent
    FOR EACH ROW EXECUTE FUNCTION accord_audit_stays();
"""
CHANGES = """
DROP TRIGGER accord_audit_stays ON labelers_auditevent;
DROP FUNCTION accord_audit_stays();
"""
# What Django's createcachetable makes; unlogged, because nothing in it needs to outlive a crash.
CACHE = """
CREATE UNLOGGED TABLE accord_cache (
    cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL
);
CREATE INDEX accord_cache_expires ON accord_cache (expires);
"""


class Migration(migrations.Migration):
    # The audit trail is long where a site has run for a while: its index is built beside writing.
    atomic = False

    dependencies = [
        ("labelers", "0004_api_in_use"),
    ]

    operations = [
        migrations.CreateModel(
            name="BrowserSession",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("session_key", models.CharField(max_length=40, unique=True)),
                ("device", models.CharField(blank=True, max_length=200)),
                ("address", models.GenericIPAddressField(blank=True, null=True)),
                ("started_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("seen_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="browser_sessions", to=settings.AUTH_USER_MODEL)),
            ],
            options={"ordering": ["-seen_at"]},
        ),
        migrations.CreateModel(
            name="SignInTries",
            fields=[
                ("key", models.CharField(max_length=80, primary_key=True, serialize=False)),
                ("count", models.PositiveIntegerField()),
                ("since", models.DateTimeField()),
                ("locked_until", models.DateTimeField(db_index=True, null=True)),
                ("person", models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name="sign_in_tries", to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddField(
            model_name="auditevent",
            name="is_reading",
            field=models.BooleanField(db_default=False, default=False),
        ),
        AddIndexConcurrently(
            model_name="auditevent",
            index=models.Index(fields=["actor", "-id"], name="audit_by_actor"),
        ),
        migrations.RunSQL(STAYS, CHANGES),
        migrations.RunSQL(CACHE, "DROP TABLE accord_cache"),
    ]
