from __future__ import annotations

from django import forms

from apps.orgs.admin_frame import INPUT, ROLES, UNFILLED
from apps.orgs.quotas import HIGHEST

EMAIL = forms.EmailInput(UNFILLED)


class NewOrgForm(forms.Form):
    slug = forms.CharField(
        label="Slug", max_length=60, widget=forms.TextInput(INPUT),
        help_text="In every address, and for good: small letters, digits and dashes.",
    )  # fmt: skip
    name = forms.CharField(label="Name", max_length=120, widget=forms.TextInput(INPUT))
    admin_email = forms.CharField(
        label="First admin (e-mail)", max_length=254, widget=EMAIL,
        help_text="Admin at once if Trace knows the address, else invited.",
    )  # fmt: skip


class NameForm(forms.Form):
    name = forms.CharField(label="Name", max_length=120, widget=forms.TextInput(INPUT))


class AdminForm(forms.Form):
    email = forms.CharField(label="E-mail of the admin", max_length=254, widget=EMAIL)


class DomainForm(forms.Form):
    domain = forms.CharField(
        label="Domain",
        max_length=253,
        widget=forms.TextInput(INPUT),
        help_text="Like example.com; a subdomain is another domain.",
    )
    role = forms.ChoiceField(label="Joins as", choices=ROLES, widget=forms.Select(INPUT))


class LimitForm(forms.Form):
    limit = forms.IntegerField(min_value=0, max_value=HIGHEST)
