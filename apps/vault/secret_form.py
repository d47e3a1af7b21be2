"""How a secret is written, on the page of an org and on that of platform staff."""

from __future__ import annotations

from django import forms

from apps.orgs.admin_frame import UNFILLED as INPUT
from apps.platform.ports.secrets import SecretInfo


class SecretForm(forms.Form):
    name = forms.CharField(
        label="Name", max_length=63, widget=forms.TextInput(INPUT), help_text="As a job's environment has it: API_KEY."
    )
    value = forms.CharField(
        label="Value", strip=False, max_length=65_536, widget=forms.Textarea({**INPUT, "rows": 3, "spellcheck": "false"}),
        help_text="Written once: nobody, you included, can read it back. Writing a name again rotates it.",
    )  # fmt: skip

    def forget_value(self) -> None:
        """Not even the one who typed it gets it back in a page."""
        had_value, fine = bool(self.data.get("value")), "value" not in self.errors
        self.data = {"name": self.data.get("name", "")}
        if had_value and fine:
            self.add_error("value", "The value is not kept: type it again.")


def done_words(name: str, written: SecretInfo) -> str:
    return (
        f"{name} is new."
        if written.version == 1
        else f"{name} is rotated: version {written.version} is what jobs get from now on."
    )
