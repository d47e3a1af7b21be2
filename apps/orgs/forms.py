from __future__ import annotations

from typing import Any

from django import forms

from apps.orgs.admin_frame import INPUT, ROLES, UNFILLED
from apps.orgs.domain import HostPurpose, Level, Scope
from apps.platform.hosts import LONGEST as LONGEST_HOST


class InviteForm(forms.Form):
    email = forms.CharField(label="E-mail", max_length=254, widget=forms.EmailInput(UNFILLED))
    role = forms.ChoiceField(
        label="Role", choices=ROLES, widget=forms.Select(INPUT),
        help_text="reader: sees. writer: also deploys, runs, writes secrets. admin: also people, grants, roles.",
    )  # fmt: skip


class RoleForm(forms.Form):
    slug = forms.CharField(label="Slug", max_length=40, widget=forms.TextInput(INPUT), help_text="Like finance or on-call.")
    name = forms.CharField(label="Name", max_length=80, required=False, widget=forms.TextInput(INPUT))


class OrgForm(forms.Form):
    name = forms.CharField(label="Name", max_length=120, widget=forms.TextInput(INPUT), help_text="As its people see it.")


SCOPES = [
    (Scope.READ.value, "read"), (Scope.WRITE.value, "read and write"), (Scope.ADMIN.value, "all that you may in this org"),
]  # fmt: skip


class TokenForm(forms.Form):
    name = forms.CharField(label="Name", max_length=80, widget=forms.TextInput(INPUT), help_text="What uses it: ci, laptop.")
    scope = forms.ChoiceField(
        label="May", choices=SCOPES, widget=forms.Select(INPUT), help_text="Never more than you, whatever is chosen here."
    )
    days = forms.IntegerField(label="Days", min_value=1, max_value=366, initial=90, widget=forms.NumberInput(INPUT))

    def __init__(self, *args: Any, is_for_staff: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_for_staff:
            self.fields["scope"].choices = [*SCOPES, (Scope.PLATFORM.value, "what platform staff may, in every org")]  # type: ignore[attr-defined]


class HostForm(forms.Form):
    host = forms.CharField(
        label="Host", max_length=LONGEST_HOST, widget=forms.TextInput({**UNFILLED, "spellcheck": "false", "autocapitalize": "none"}),
        help_text="Its name alone, like feeds.example.com; with :port where that is not 443.",
    )  # fmt: skip
    purpose = forms.ChoiceField(
        label="For", choices=[(HostPurpose.FEED.value, "feeds that jobs fetch from it"), (HostPurpose.WEBHOOK.value, "webhooks that alerts send to it")],
        widget=forms.Select(INPUT),
    )  # fmt: skip


class GrantForm(forms.Form):
    thing = forms.ChoiceField(label="What", widget=forms.Select(INPUT))
    to = forms.ChoiceField(
        label="To", choices=[("person", "a member, by e-mail"), ("role", "a role, by slug"), ("org", "another org, by slug")],
        widget=forms.Select(INPUT),
    )  # fmt: skip
    name = forms.CharField(label="Who", max_length=254, widget=forms.TextInput(INPUT), help_text="An e-mail address or a slug.")
    level = forms.ChoiceField(
        label="May", choices=[(level.value, level.value) for level in Level], widget=forms.Select(INPUT),
        help_text="Another org may only view.",
    )  # fmt: skip
    purpose = forms.CharField(label="What for", max_length=500, widget=forms.TextInput(INPUT))
    days = forms.IntegerField(
        label="Days", min_value=1, max_value=366, required=False, widget=forms.NumberInput(INPUT),
        help_text="Empty: until somebody revokes it. Another org needs an end.",
    )  # fmt: skip

    def __init__(self, *args: Any, things: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["thing"].choices = things  # type: ignore[attr-defined]
