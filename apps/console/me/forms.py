from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest
from django.utils import timezone

from apps.accounts import services
from apps.accounts.models import Person
from apps.audit.requests import actor_of


class NameForm(forms.Form):
    name = forms.CharField(
        label="Name", max_length=120, widget=forms.TextInput(attrs={"class": "input", "autocomplete": "name"}),
        help_text="As the others see you.",
    )  # fmt: skip


def _password(label: str, autocomplete: str, help_text: str = "") -> forms.CharField:
    widget = forms.PasswordInput(attrs={"class": "input", "autocomplete": autocomplete})
    return forms.CharField(label=label, strip=False, max_length=256, widget=widget, help_text=help_text)


class PasswordForm(forms.Form):
    old = _password("Password until now", "current-password")
    new = _password("New password", "new-password", "12 characters or more, none of the common ones, not your name.")
    again = _password("New password again", "new-password")

    def __init__(self, request: HttpRequest, person: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request, self.person = request, person

    def clean_new(self) -> str:
        new: str = self.cleaned_data["new"]
        validate_password(new, self.person)
        return new

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and cleaned["new"] != cleaned["again"]:
            self.add_error("again", "The two new passwords are not the same.")
        # Last, and only of a form that is right otherwise: each look at the old password counts as a sign-in.
        by, now = actor_of(self.request), timezone.now()
        if not self.errors and not services.is_own_password(self.person, cleaned["old"], by=by, now=now):
            self.add_error("old", "This is not your password.")
        return cleaned
