from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.utils import timezone

from apps.accounts import throttle
from apps.accounts.domain import normalise_email
from apps.accounts.models import Person
from apps.audit.requests import actor_of, client_address
from apps.platform.errors import Invalid, TooMany


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
        self.lock: TooMany | None = None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            self.person = self._authenticated(cleaned["email"], cleaned["password"])
        return cleaned

    def _authenticated(self, raw: str, password: str) -> Person:
        """Counted under the name that the account is found by: written in another way it would be guessed at anew."""
        try:
            email = normalise_email(raw)
        except Invalid:
            raise self._refusal() from None
        address = client_address(self.request)
        try:
            attempt = throttle.reserve(email=email, address=address, now=timezone.now())
        except TooMany as error:
            self.lock = error
            raise forms.ValidationError(error.message, code=error.code) from None
        found = authenticate(self.request, email=email, password=password)
        if not isinstance(found, Person):
            throttle.note_failure(attempt, by=actor_of(self.request))
            raise self._refusal()
        throttle.forget(email=email, address=address)
        return found

    @staticmethod
    def _refusal() -> forms.ValidationError:
        return forms.ValidationError("This e-mail and password do not belong together.", code="refused")
