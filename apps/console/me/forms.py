from __future__ import annotations

from django import forms


class NameForm(forms.Form):
    name = forms.CharField(
        label="Name", max_length=120, widget=forms.TextInput(attrs={"class": "input", "autocomplete": "name"}),
        help_text="As the others see you.",
    )  # fmt: skip
