"""How a secret is written, on the page of an org and on that of platform staff."""

from __future__ import annotations

from django import forms

from apps.orgs.admin_frame import UNFILLED as INPUT


class SecretForm(forms.Form):
    name = forms.CharField(
        label="Name", max_length=63, widget=forms.TextInput(INPUT), help_text="As a job's environment has it: API_KEY."
    )
    value = forms.CharField(
        label="Value", strip=False, max_length=65_536, widget=forms.Textarea({**INPUT, "rows": 3, "spellcheck": "false"}),
        help_text="Written once: nobody, you included, can read it back. Writing a name again rotates it.",
    )  # fmt: skip
