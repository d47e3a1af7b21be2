import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def person() -> models.ForeignKey:
    return models.ForeignKey(
        blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
    )


class Migration(migrations.Migration):
    """Who gave somebody a role. Of those that are held already nobody knows: the column stays empty."""

    dependencies = [
        ("orgs", "0003_pre_quotas"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField("membership", "role_given_by", person()),
        # The table is the one that Django made for the many-to-many field; now it has a model and a column more.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="RoleHolding",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "membership",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="holdings", to="orgs.membership"
                            ),
                        ),
                        (
                            "role",
                            models.ForeignKey(
                                db_column="orgrole_id",
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="holdings",
                                to="orgs.orgrole",
                            ),
                        ),
                    ],
                    options={"db_table": "orgs_membership_own_roles", "unique_together": {("membership", "role")}},
                ),
                migrations.AlterField(
                    "membership",
                    "own_roles",
                    models.ManyToManyField(
                        blank=True, related_name="own_memberships", through="orgs.RoleHolding", to="orgs.orgrole"
                    ),
                ),
            ],
        ),
        migrations.AddField("roleholding", "given_by", person()),
    ]
