"""What cryo asks a node about, where a dataset is not simply all that a block holds."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from operators.sdk.config import Address, Config, Hex, Word, without_repeats

# Datasets that are asked for by subject, as cryo 0.3.2 requires it.
REQUIRED: dict[str, tuple[str, ...]] = {
    "balances": ("addresses",),
    "codes": ("addresses",),
    "nonces": ("addresses",),
    "slots": ("addresses", "slots"),
    "erc20_metadata": ("addresses",),
    "erc20_supplies": ("addresses",),
    "erc721_metadata": ("addresses",),
    "erc20_balances": ("contracts", "addresses"),
    "eth_calls": ("contracts", "call_datas"),
    "trace_calls": ("contracts", "call_datas"),
    "javascript_traces": ("js_tracer",),
}
# Datasets of which a subject chooses rows.
OPTIONAL: dict[str, tuple[str, ...]] = {
    "logs": ("addresses", "topic0"),
    "erc20_approvals": ("addresses", "from_addresses", "to_addresses"),
    "erc20_transfers": ("addresses", "from_addresses", "to_addresses"),
    "erc721_transfers": ("addresses", "from_addresses", "to_addresses"),
    "native_transfers": ("from_addresses", "to_addresses"),
    "traces": ("from_addresses", "to_addresses"),
    "transactions": ("from_addresses", "to_addresses"),
}

Addresses = Annotated[list[Address], Field(max_length=1000), AfterValidator(without_repeats)]


class Subjects(Config):
    """Several of a kind are asked for in turn, and in every combination with those of another kind."""

    addresses: Addresses = Field(default=[], description="Accounts, tokens, or the contracts that wrote the logs.")
    contracts: Addresses = Field(default=[], description="Contracts that are called, or tokens that are held.")
    from_addresses: Addresses = Field(default=[], description="Senders.")
    to_addresses: Addresses = Field(default=[], description="Receivers.")
    topic0: Annotated[list[Word], Field(max_length=100)] = Field(default=[], description="Hashes of event signatures.")
    slots: Annotated[list[Word], Field(max_length=1000)] = Field(default=[], description="Storage slots.")
    call_datas: Annotated[list[Hex], Field(max_length=100)] = Field(default=[], description="Call data, selector and arguments.")
    js_tracer: str = Field(default="", max_length=20_000, description="A tracer in JavaScript, as debug_traceBlock takes it.")

    def check(self, dataset: str) -> None:
        """A subject that the dataset needs is there, and none that cryo would ignore."""
        needed = REQUIRED.get(dataset, ())
        given = [name for name in type(self).model_fields if getattr(self, name)]
        if missing := [name for name in needed if name not in given]:
            raise ValueError(f"{dataset} needs subjects.{missing[0]}: say what to ask for")
        if odd := [name for name in given if name not in (*needed, *OPTIONAL.get(dataset, ()))]:
            raise ValueError(f"subjects.{odd[0]} means nothing to {dataset}; leave it out")
