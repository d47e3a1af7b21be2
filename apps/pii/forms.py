from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms

from apps.orgs import selectors as orgs
from apps.orgs.admin_frame import UNFILLED as INPUT
from apps.orgs.models import Org
from apps.pii import selectors
from apps.pii.domain import LONGEST, LONGEST_NAME, LONGEST_TEXT, Handling, Kind, Marking, Mask, marking

KINDS = [(kind.value, kind.value.replace("_", " ")) for kind in Kind]
# The handling and its mask are one choice to a person.
HANDLINGS = [
    (Handling.REFUSE.value, "refuse the query"),
    (Mask.HASH.value, "mask: a hash"),
    (Mask.LAST_FOUR.value, "mask: the last four characters"),
    (Mask.NULL.value, "mask: NULL"),
]
JOB = "job"
# chosen.js shows them with that choice only; without it they are there, and help_text says when they count.
OF_A_JOB = {**INPUT, "data-only-with": f"whose={JOB}"}
Choices = list[tuple[str, str | list[tuple[str, str]]]]


class MarkingForm(forms.Form):
    kind = forms.ChoiceField(label="Kind", choices=KINDS, widget=forms.Select(INPUT))
    handling = forms.ChoiceField(
        label="Without a grant", choices=HANDLINGS, widget=forms.Select(INPUT),
        help_text="A hash is the same for the same value, so it still counts and joins.",
    )  # fmt: skip
    note = forms.CharField(label="Note", required=False, max_length=LONGEST_TEXT, widget=forms.TextInput(INPUT))

    def marking(self) -> Marking:
        chosen = self.cleaned_data["handling"]
        is_mask = chosen != Handling.REFUSE
        return marking(
            kind=self.cleaned_data["kind"],
            handling=Handling.MASK if is_mask else Handling.REFUSE,
            mask=chosen if is_mask else None,
            note=self.cleaned_data["note"],
        )


class ClassifyForm(MarkingForm):
    dataset = forms.CharField(
        label="Dataset", max_length=LONGEST_NAME, widget=forms.TextInput(INPUT), help_text="As a DAG publishes it: customers."
    )
    column = forms.CharField(label="Column", max_length=LONGEST_NAME, widget=forms.TextInput(INPUT))
    field_order = ("dataset", "column", "kind", "handling", "note")


class ColumnsForm(forms.Form):
    """Which columns, and for whom: oneself, unless one may name others."""

    dataset = forms.ChoiceField(label="Dataset", widget=forms.Select(INPUT))
    columns = forms.CharField(
        label="Columns", required=False, max_length=2000, widget=forms.TextInput(INPUT),
        help_text="Names with commas between. Empty: every classified column of the dataset, also those that are classified later.",
    )  # fmt: skip
    whose = forms.ChoiceField(
        label="For", required=False, widget=forms.Select(INPUT), help_text="Of a job, name its DAG and itself as well."
    )
    dag = forms.CharField(label="DAG of the job", required=False, max_length=63, widget=forms.TextInput(OF_A_JOB))
    job = forms.CharField(label="Job", required=False, max_length=63, widget=forms.TextInput(OF_A_JOB))

    def __init__(self, *args: Any, org: Org, names_others: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "dataset", [(name, name) for name in selectors.classified_datasets(org)])
        if names_others:
            _offer(self, "whose", _everybody(org))
        else:
            for name in ("whose", "dag", "job"):
                del self.fields[name]

    def clean(self) -> None:
        names_job = bool(self.cleaned_data.get("dag") or self.cleaned_data.get("job"))
        if (self.cleaned_data.get("whose") == JOB) != names_job:
            self.add_error("whose", "For a job, choose “a job” and name its DAG and itself; for others leave both empty.")

    def named(self) -> dict[str, Any]:
        """As selectors.grantee_of takes it."""
        kind, _, name = self.cleaned_data.get("whose", "").partition(":")
        return {
            "person": UUID(name) if kind == "person" else None,
            "role": name if kind == "role" else "",
            "dag": self.cleaned_data.get("dag", ""),
            "job": self.cleaned_data.get("job", ""),
        }


class RequestForm(ColumnsForm):
    purpose = forms.CharField(
        label="Purpose", max_length=LONGEST_TEXT, widget=forms.Textarea({**INPUT, "rows": 2}),
        help_text="A sentence of at least 3 words and 15 characters: who approves reads it, and the audit log keeps it.",
    )  # fmt: skip
    days = forms.IntegerField(
        label="Days", min_value=1, max_value=LONGEST.days, initial=30, widget=forms.NumberInput(INPUT),
        help_text="From now on; then it ends by itself.",
    )  # fmt: skip

    def columns_named(self) -> list[str] | None:
        return [column for column in self.cleaned_data["columns"].split(",") if column.strip()] or None


def _offer(form: forms.Form, name: str, choices: Choices) -> None:
    field = form.fields[name]
    if isinstance(field, forms.ChoiceField):
        field.choices = choices


def _everybody(org: Org) -> Choices:
    members = orgs.members_of(org).order_by("person__name", "person__email")
    people = [(f"person:{member.person_id}", f"{member.person.name} ({member.person.email})") for member in members]
    roles = [(f"role:{role.slug}", f"role {role.slug}") for role in orgs.roles_of(org)]
    return [("", "myself"), ("Members", people), ("Roles", roles), (JOB, "a job")]
