"""Invitations, verified domains, scopes of tokens; the roles of an org's own stand beside the system role."""

import apps.orgs.domain
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


def own_roles_apart(apps, schema_editor):
    """A membership in a role of the org's own becomes a reader who holds that role."""
    Membership = apps.get_model("orgs", "Membership")
    OrgRole = apps.get_model("orgs", "OrgRole")
    for membership in Membership.objects.filter(role__is_system=False).select_related("role"):
        membership.own_roles.add(membership.role)
        membership.role = OrgRole.objects.get(org=membership.org_id, slug="reader")
        membership.save(update_fields=["role"])


class Migration(migrations.Migration):
    dependencies = [
        ("orgs", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("email", models.CharField(max_length=254)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="VerifiedDomain",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("domain", models.CharField(max_length=253, unique=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="apitoken",
            name="api_token_name",
        ),
        migrations.AddField(
            model_name="apitoken",
            name="last_used_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="scope",
            field=models.CharField(
                choices=[("read", "read"), ("write", "write"), ("admin", "admin")],
                default=apps.orgs.domain.Scope["ADMIN"],
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="membership",
            name="own_roles",
            field=models.ManyToManyField(blank=True, related_name="own_memberships", to="orgs.orgrole"),
        ),
        migrations.AddField(
            model_name="orgrole",
            name="name",
            field=models.CharField(blank=True, default="", max_length=80),
        ),
        migrations.AddConstraint(
            model_name="apitoken",
            constraint=models.UniqueConstraint(
                condition=models.Q(("revoked_at", None)), fields=("membership", "name"), name="api_token_name"
            ),
        ),
        migrations.AddField(
            model_name="invitation",
            name="invited_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="invitation",
            name="org",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="invitations", to="orgs.org"),
        ),
        migrations.AddField(
            model_name="invitation",
            name="role",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="orgs.orgrole"),
        ),
        migrations.AddField(
            model_name="verifieddomain",
            name="org",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="domains", to="orgs.org"),
        ),
        migrations.AddField(
            model_name="verifieddomain",
            name="role",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="orgs.orgrole"),
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("accepted_at", None), ("revoked_at", None)),
                fields=("org", "email"),
                name="invitation_one_open",
            ),
        ),
        migrations.RunPython(own_roles_apart, migrations.RunPython.noop, hints={"database": "default"}),
    ]
