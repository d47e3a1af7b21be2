"""Rows of one chain are not taken for those of another."""

from __future__ import annotations

from collections.abc import Iterator

from apps.dags.document.codes import Code
from apps.dags.document.facts import Facts
from apps.dags.document.problems import Complaint
from apps.dags.document.shape import Job


def what_is_read_by_name_is_of_the_same_chain(facts: Facts) -> Iterator[Complaint]:
    for at, job in facts.jobs():
        own = _chain_of(facts, job)
        for place, dataset in facts.named_datasets(job).items() if own else ():
            makers = [facts.job(source.job) for source in facts.sources_of(dataset)]
            others = {chain for maker in makers if maker and (chain := _chain_of(facts, maker)) not in {None, own}}
            for other in sorted(others):
                message = f"`{dataset}` is made of chain {other}; this is about chain {own}."
                yield Complaint(
                    Code.OTHER_CHAIN, message, (*at, "config", *place), f"Name a dataset of chain {own}, or correct `chain_id`."
                )


def _chain_of(facts: Facts, job: Job) -> int | None:
    """None of what is of no chain, or of several."""
    found = getattr(facts.config(job), "chain_id", None)
    return found if isinstance(found, int) else None
