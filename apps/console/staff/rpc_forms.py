from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django import forms

from apps.chains.domain import (
    HIGHEST_CHAIN,
    HIGHEST_DEPTH,
    LIMITS,
    LONGEST_DESCRIPTION,
    LONGEST_HEADER,
    LONGEST_URL,
    PoolSpec,
    ProviderSpec,
)
from apps.orgs.admin_frame import INPUT, UNFILLED
from apps.platform.contracts.rpc import PoolKind
from apps.platform.errors import UserError
from apps.vault.secret_form import SecretForm
from apps.vault.selectors import SecretRow

_URL = {**UNFILLED, "spellcheck": "false", "inputmode": "url"}
_KINDS = [(PoolKind.EVM.value, "evm: JSON-RPC of a chain"), (PoolKind.BEACON.value, "beacon: the REST API of beacon nodes")]


def _number(field: str, label: str, help_text: str = "", *, required: bool = True) -> Any:
    least, most = LIMITS[field]
    kind = forms.FloatField if field in {"requests_per_second", "timeout_seconds"} else forms.IntegerField
    step = {"step": "any"} if kind is forms.FloatField else {}
    return kind(
        label=label,
        min_value=least,
        max_value=most,
        required=required,
        help_text=help_text,
        widget=forms.NumberInput({**INPUT, **step}),
    )


class KeyForm(SecretForm):
    name = forms.CharField(
        label="Name", max_length=63, widget=forms.TextInput(UNFILLED),
        help_text="As providers name it, such as VENDOR_KEY: capital letters, digits and _.",
    )  # fmt: skip
    field_order = ("name", "value")


class RefusableForm(forms.Form):
    """What a service refuses stands at the field that it is about."""

    def take(self, error: UserError) -> None:
        told = [one for one in error.errors if one.get("path") in self.fields]
        for one in told:
            self.add_error(str(one["path"]), str(one["message"]))
        if not told:
            first = "name" if "name" in self.fields else next(iter(self.fields))
            self.add_error(first, error.message)


class PoolForm(RefusableForm):
    kind = forms.ChoiceField(label="Kind", choices=_KINDS, widget=forms.Select(INPUT))
    chain_id = forms.IntegerField(
        label="Chain id",
        min_value=1,
        max_value=HIGHEST_CHAIN,
        widget=forms.NumberInput(INPUT),
        help_text="1 is Ethereum, 143 Monad.",
    )
    description = forms.CharField(
        label="Description", max_length=LONGEST_DESCRIPTION, required=False, widget=forms.TextInput(INPUT),
        help_text="What it is good for; everybody who writes a DAG reads it.",
    )  # fmt: skip
    finality_depth = forms.IntegerField(
        label="Finality depth", min_value=0, max_value=HIGHEST_DEPTH, initial=64, widget=forms.NumberInput(INPUT),
        help_text="Blocks below the head that nothing changes any more, where no provider says what is finalized.",
    )  # fmt: skip
    most_head_lag = forms.IntegerField(
        label="Most head lag", min_value=0, max_value=HIGHEST_DEPTH, initial=8, widget=forms.NumberInput(INPUT),
        help_text="A provider more blocks behind the best is asked only when no other is left.",
    )  # fmt: skip

    @classmethod
    def of(cls, spec: PoolSpec) -> PoolForm:
        return cls(initial=asdict(spec))

    def spec(self, *, is_enabled: bool) -> PoolSpec:
        return PoolSpec(**{key: value for key, value in self.cleaned_data.items() if key != "name"}, is_enabled=is_enabled)


class NewPoolForm(PoolForm):
    name = forms.CharField(
        label="Name", max_length=63, widget=forms.TextInput(UNFILLED),
        help_text="As jobs name it, and for good: small letters, digits, _ and -.",
    )  # fmt: skip
    field_order = ("name", "kind", "chain_id", "description")


class ProviderForm(RefusableForm):
    """`limits` stand apart in the page: most providers need none of them."""

    url = forms.CharField(
        label="URL", max_length=LONGEST_URL, widget=forms.TextInput(_URL),
        help_text="With {key} where the key belongs: https://rpc.example.com/v2/{key}",
    )  # fmt: skip
    ws_url = forms.CharField(
        label="WebSocket URL", max_length=LONGEST_URL, required=False, widget=forms.TextInput(_URL),
        help_text="Where it announces new heads, such as wss://rpc.example.com/v2/{key}. Without one the head is polled.",
    )  # fmt: skip
    secret = forms.CharField(
        label="Key", max_length=63, required=False, help_text="A platform secret by its name. Write the key first, below the pools.",
    )  # fmt: skip
    header = forms.CharField(
        label="Header for the key", max_length=LONGEST_HEADER, required=False, widget=forms.TextInput(UNFILLED),
        help_text="Where the provider takes it in a header, such as X-Api-Key. Its value is the secret as it is.",
    )  # fmt: skip
    has_archive = forms.BooleanField(label="Keeps the state of every block (archive)", required=False)
    has_traces = forms.BooleanField(label="Answers trace_*", required=False)
    has_debug = forms.BooleanField(label="Answers debug_trace*", required=False)
    weight = _number("weight", "Weight", "How much of the traffic it takes beside the others.")
    requests_per_second = _number("requests_per_second", "Requests per second", "Empty: as many as it takes.", required=False)
    most_concurrent = _number("most_concurrent", "Requests at once")
    most_batch = _number("most_batch", "Calls in a batch")
    timeout_seconds = _number("timeout_seconds", "Timeout in seconds")

    limits = ("weight", "requests_per_second", "most_concurrent", "most_batch", "timeout_seconds")

    def __init__(self, *given: Any, keys: Iterable[SecretRow] | None, **named: Any) -> None:
        super().__init__(*given, **named)
        field = self.fields["secret"]
        if keys is None:
            # The store does not answer: its names cannot be offered.
            field.widget = forms.TextInput({**UNFILLED, "spellcheck": "false"})
            return
        names = {row.name for row in keys}
        said = self["secret"].value()
        lost = [(said, f"{said}: not in the vault")] if said and said not in names else []
        field.widget = forms.Select(INPUT, choices=[("", "None"), *lost, *((name, name) for name in sorted(names))])

    @classmethod
    def of(cls, spec: ProviderSpec, *, keys: Iterable[SecretRow] | None) -> ProviderForm:
        return cls(initial=asdict(spec), keys=keys)

    def spec(self, *, is_enabled: bool) -> ProviderSpec:
        return ProviderSpec(**{key: value for key, value in self.cleaned_data.items() if key != "name"}, is_enabled=is_enabled)

    @property
    def first_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in self.limits and not name.startswith("has_")]

    @property
    def checks(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("has_")]

    @property
    def limit_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.limits]

    @property
    def has_wrong_limits(self) -> bool:
        return any(name in self.errors for name in self.limits)


class NewProviderForm(ProviderForm):
    name = forms.CharField(
        label="Name", max_length=63, widget=forms.TextInput(UNFILLED),
        help_text="As health, logs and metrics call it: small letters, digits, _ and -.",
    )  # fmt: skip
    field_order = ("name", "url")
