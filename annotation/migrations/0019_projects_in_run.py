"""Pay, appeals, and changes that take long."""

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

FREEZE = """
CREATE FUNCTION accord_payroll_is_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the figures of a closed payroll do not change; correct them in the next one'
        USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER payroll_row_is_closed BEFORE UPDATE ON annotation_payrollrow
    FOR EACH ROW WHEN (
        (OLD.payroll_id, OLD.person_id, OLD.items, OLD.seconds)
            IS DISTINCT FROM (NEW.payroll_id, NEW.person_id, NEW.items, NEW.seconds)
        OR (OLD.earned, OLD.adjustment, OLD.bonus, OLD.total)
            IS DISTINCT FROM (NEW.earned, NEW.adjustment, NEW.bonus, NEW.total)
    ) EXECUTE FUNCTION accord_payroll_is_closed();

CREATE TRIGGER payroll_is_closed BEFORE UPDATE ON annotation_payroll
    FOR EACH ROW WHEN (
        (OLD.project_id, OLD.number, OLD.since, OLD.until, OLD.currency)
            IS DISTINCT FROM (NEW.project_id, NEW.number, NEW.since, NEW.until, NEW.currency)
    ) EXECUTE FUNCTION accord_payroll_is_closed();
"""

THAW = """
DROP TRIGGER payroll_is_closed ON annotation_payroll;
DROP TRIGGER payroll_row_is_closed ON annotation_payrollrow;
DROP FUNCTION accord_payroll_is_closed();
"""


class Migration(migrations.Migration):
    dependencies = [("annotation", "0018_imports_in_hand"), ("labelers", "0007_pay")]

    operations = [
        migrations.CreateModel(
            name="PayRate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("holds_from", models.DateTimeField()),
                ("currency", models.CharField(max_length=3)),
                (
                    "per_item",
                    models.DecimalField(
                        decimal_places=4,
                        default=0,
                        max_digits=12,
                        validators=[django.core.validators.MinValueValidator(0)],
                    ),
                ),
                (
                    "per_turn",
                    models.DecimalField(
                        decimal_places=4,
                        default=0,
                        max_digits=12,
                        validators=[django.core.validators.MinValueValidator(0)],
                    ),
                ),
                (
                    "per_hour",
                    models.DecimalField(
                        decimal_places=4,
                        default=0,
                        max_digits=12,
                        validators=[django.core.validators.MinValueValidator(0)],
                    ),
                ),
                (
                    "cap_seconds",
                    models.PositiveIntegerField(
                        default=600,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(86400),
                        ],
                    ),
                ),
                ("pays_training", models.BooleanField(default=False)),
                ("pays_exam", models.BooleanField(default=False)),
                ("pays_second_looks", models.BooleanField(default=True)),
                (
                    "bonus_percent",
                    models.DecimalField(
                        decimal_places=2,
                        default=0,
                        max_digits=5,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(200),
                        ],
                    ),
                ),
                (
                    "bonus_score",
                    models.FloatField(
                        default=0.9,
                        validators=[
                            django.core.validators.MinValueValidator(0.5),
                            django.core.validators.MaxValueValidator(1),
                        ],
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pay_rates",
                        to="labelers.project",
                    ),
                ),
            ],
            options={
                "ordering": ["-holds_from", "-id"],
            },
        ),
        migrations.CreateModel(
            name="Payroll",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("since", models.DateTimeField(null=True)),
                ("until", models.DateTimeField()),
                ("currency", models.CharField(max_length=3)),
                (
                    "closed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "closed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="payrolls_closed",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="payrolls",
                        to="labelers.project",
                    ),
                ),
            ],
            options={
                "ordering": ["-number"],
            },
        ),
        migrations.CreateModel(
            name="PayrollRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("items", models.PositiveIntegerField()),
                ("seconds", models.DecimalField(decimal_places=1, max_digits=12)),
                ("earned", models.BigIntegerField()),
                ("adjustment", models.BigIntegerField(default=0)),
                ("bonus", models.BigIntegerField(default=0)),
                ("total", models.BigIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("approved", "To be paid"),
                            ("paid", "Paid"),
                            ("refused", "Refused"),
                        ],
                        default="approved",
                        max_length=8,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=1000)),
                ("settled_at", models.DateTimeField(null=True)),
                (
                    "payroll",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rows",
                        to="annotation.payroll",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payroll_rows",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="payroll_rows_settled",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["person_id"],
            },
        ),
        migrations.CreateModel(
            name="Appeal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "about",
                    models.CharField(
                        choices=[
                            ("voiding", "Answers that were voided"),
                            ("payment", "A payment that was refused"),
                            ("pause", "A suspension"),
                            ("exam", "Not being accepted"),
                        ],
                        max_length=7,
                    ),
                ),
                ("subject", models.CharField(max_length=60)),
                ("text", models.TextField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Waits for an answer"),
                            ("upheld", "The decision stays"),
                            ("reversed", "The decision was reversed"),
                        ],
                        default="open",
                        max_length=8,
                    ),
                ),
                ("answer", models.TextField(blank=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("answered_at", models.DateTimeField(null=True)),
                (
                    "answered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="appeals_answered",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="appeals",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="appeals",
                        to="labelers.project",
                    ),
                ),
                (
                    "voiding",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="annotation.voiding",
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="annotation.payrollrow",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="LongChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("overlap", "Change of the overlap"),
                            ("copy", "Copy of the items"),
                        ],
                        max_length=7,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("running", "Running"), ("done", "Done"), ("failed", "Failed")],
                        default="running",
                        max_length=7,
                    ),
                ),
                ("detail", models.JSONField(default=dict)),
                ("counts", models.JSONField(default=dict)),
                ("last", models.BigIntegerField(default=0)),
                ("done", models.PositiveIntegerField(default=0)),
                ("total", models.PositiveIntegerField(default=0)),
                ("error", models.CharField(blank=True, max_length=500)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="long_changes",
                        to="labelers.project",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "running")),
                        fields=("project", "kind"),
                        name="one_long_change_at_a_time",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="payroll",
            constraint=models.UniqueConstraint(
                fields=("project", "number"), name="payrolls_are_numbered"
            ),
        ),
        migrations.AddConstraint(
            model_name="payrollrow",
            constraint=models.UniqueConstraint(
                fields=("payroll", "person"), name="one_row_each_in_a_payroll"
            ),
        ),
        migrations.AddConstraint(
            model_name="payrollrow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "total",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                models.F("earned"), "+", models.F("adjustment")
                            ),
                            "+",
                            models.F("bonus"),
                        ),
                    )
                ),
                name="a_payroll_row_adds_up",
            ),
        ),
        migrations.AddIndex(
            model_name="appeal",
            index=models.Index(
                condition=models.Q(("state", "open")), fields=["project", "id"], name="open_appeals"
            ),
        ),
        migrations.AddConstraint(
            model_name="appeal",
            constraint=models.UniqueConstraint(
                fields=("project", "person", "subject"), name="one_appeal_each"
            ),
        ),
        migrations.RunSQL(FREEZE, THAW),
    ]
