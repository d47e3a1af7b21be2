"""Every component in every state, in both themes. Part of development, not of the product: there with TRACE_DEBUG=1 only."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

STATES = ("queued", "running", "ok", "failed", "retrying", "skipped", "cancelled", "waiting")
_INPUT = {"class": "input"}


class SampleForm(forms.Form):
    name = forms.CharField(label="Name", help_text="3 to 40 letters.", widget=forms.TextInput(_INPUT))
    slug = forms.SlugField(label="Slug", widget=forms.TextInput(_INPUT))


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    # Ids must differ between the two columns of one page.
    columns = [
        {"theme": theme, "form": SampleForm({"name": "Ethereum", "slug": "not a slug"}, auto_id=f"{theme}-%s")}
        for theme in ("light", "dark")
    ]
    times = [now - timedelta(seconds=4), now - timedelta(minutes=7), now + timedelta(hours=3), now - timedelta(days=12)]
    context = {"columns": columns, "states": STATES, "times": times, "hash": "0x" + "9f86d081884c7d65" * 4}
    return render(request, "console/gallery.html", context | {"active": "gallery", "crumbs": [{"name": "Gallery"}]})
