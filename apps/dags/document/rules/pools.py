"""A pool that a job asks is there, of its chain, and speaks what the job asks. Staff add pools, not authors: so this forbids no
deployment, only an activation.
"""

from __future__ import annotations

from collections.abc import Iterator

from apps.dags.document.codes import Code
from apps.dags.document.facts import Facts
from apps.dags.document.problems import Complaint, did_you_mean, listed

_STAFF = "Platform staff add pools."


def a_pool_that_is_named_can_be_asked(facts: Facts) -> Iterator[Complaint]:
    known = facts.known.pools
    if known is None:
        return
    for at, named, chain_id in facts.named_pools():
        fitting = [pool.name for pool in known.values() if pool.kind == named.kind and chain_id in {None, pool.chain_id}]
        there = (
            f"Of this chain there is {listed(fitting)}."
            if fitting
            else f"There is {listed(known)}."
            if known
            else "There is none yet."
        )
        pool = known.get(named.name)
        if pool is None:
            hint = f"{did_you_mean(named.name, known)} {there} {_STAFF}".strip()
            yield Complaint(Code.UNKNOWN_POOL, f"There is no RPC pool `{named.name}`.", at, hint)
        elif pool.kind != named.kind:
            message = f"The pool `{pool.name}` is of kind `{pool.kind}`; this asks one of kind `{named.kind}`."
            yield Complaint(Code.WRONG_POOL_KIND, message, at, f"Name a pool of kind `{named.kind}`. {there} {_STAFF}")
        elif chain_id is not None and pool.chain_id != chain_id:
            message = f"The pool `{pool.name}` is of chain {pool.chain_id}; this is about chain {chain_id}."
            yield Complaint(
                Code.WRONG_CHAIN, message, at, f"Name a pool of chain {chain_id}, or correct `chain_id`. {there} {_STAFF}"
            )
        elif not pool.is_enabled:
            yield Complaint(
                Code.POOL_DISABLED, f"The pool `{pool.name}` is switched off.", at, "Ask platform staff, or name another pool."
            )
