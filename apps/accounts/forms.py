from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.http import HttpRequest

from apps.accounts.models import Person


class SignInForm(forms.Form):
    email = forms.CharField(
        label="E-mail",
        max_length=254,
        widget=forms.EmailInput(attrs={"class": "input", "autocomplete": "username"}),
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        max_length=256,
        widget=forms.PasswordInput(attrs={"class": "input", "autocomplete": "current-password"}),
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        # Where the typing goes on: an address that is there already needs its password.
        first = "password" if self["email"].value() else "email"
        self.fields[first].widget.attrs["autofocus"] = True
        self.person: Person | None = None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            found = authenticate(self.request, email=cleaned["email"], password=cleaned["password"])
            if not isinstance(found, Person):
                raise forms.ValidationError("This e-mail and password do not belong together.", code="refused")
            self.person = found
        return cleaned
