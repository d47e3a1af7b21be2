"""What a chosen part of a dataset is, and what making it would mean."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from apps.datasets.models import Version
from apps.datasets.selectors import Held, gaps_of, held_over
from apps.dispatch.models import LiveJob
from apps.dispatch.services import Chosen, Plan, chosen, multirange, plan_backfill
from apps.platform.errors import Conflict, Invalid
from apps.runs.domain import Blocks, checked_blocks
from apps.runs.selectors.invalidations import Output
from apps.runs.selectors.standing import jobs_below, stale_by_events

MOST_TASKS = 10_000
_LONGEST_KEY = 200


class Part(StrEnum):
    GAPS = "gaps"
    STALE = "stale"


@dataclass(frozen=True)
class Choice:
    """One of the three: a range, partitions by their keys, or what Trace knows to be missing or old."""

    blocks: Blocks | None = None
    keys: tuple[str, ...] = ()
    part: Part | None = None

    @property
    def told(self) -> dict[str, object]:
        """For the audit log."""
        if self.part:
            return {"part": self.part.value}
        return {"range": list(self.blocks)} if self.blocks else {"partitions": list(self.keys[:50]), "count": len(self.keys)}


def read_choice(given_range: tuple[int, int] | None, keys: Sequence[str], part: str) -> Choice:
    if sum((given_range is not None, bool(keys), bool(part))) != 1:
        raise Invalid("Choose a range of blocks, partitions, `gaps` or `stale`; one of them.", code="choice_needed")
    if len(keys) > MOST_TASKS:
        raise Invalid(f"At most {MOST_TASKS:,} partitions are made at once: choose fewer, several times.", code="too_much_chosen")
    if any(not key or len(key) > _LONGEST_KEY or not key.isprintable() for key in keys):
        raise Invalid(f"The key of a partition has 1 to {_LONGEST_KEY} characters that can be printed.", code="bad_partition")
    if part and part not in {one.value for one in Part}:
        raise Invalid("A part is `gaps` or `stale`.", code="bad_part")
    return Choice(checked_blocks(*given_range) if given_range else None, tuple(dict.fromkeys(keys)), Part(part) if part else None)


@dataclass(frozen=True)
class Preview:
    """What a backfill does: its tasks, what they make anew, and who then does its part again."""

    plan: Plan
    rewritten: Held
    below: list[UUID]


def makes_partitions(live: LiveJob) -> None:
    """Raises where nothing of the job can be chosen."""
    name = f"`{live.name}` of `{live.dag.name}`"
    if live.job_id is None:
        raise Conflict(f"{name} is in no active version: activate one that has it, then choose.", code="nothing_makes_it")
    if live.source:
        raise Invalid(f"{name} is a source: start it instead, with a range if it takes one.", code="made_by_source")
    if live.strategy == "Bulk":
        raise Invalid(f"{name} takes all that waits at once (Bulk): re-run a task of it instead.", code="made_in_bulk")


def previewed(output: Output, version: Version | None, choice: Choice, *, may_start: Collection[UUID]) -> Preview:
    live, number = output
    makes_partitions(live)
    wanted = _chosen(live, number, version, choice)
    there = _held(version, wanted)
    plan = plan_backfill(live, wanted, there=there.keys, may_start=may_start)
    if plan.tasks > MOST_TASKS:
        words = f"This would be {plan.tasks:,} tasks of `{live.name}`, and at most {MOST_TASKS:,} are made at once: choose less, several times."
        raise Invalid(words, code="too_much_chosen")
    made = Chosen(
        (*(one.blocks for one in plan.units if one.blocks), *(one.blocks for one in plan.starts)),
        tuple(one.key for one in plan.units),
    )
    return Preview(plan, _held(version, made), jobs_below(live))


def _chosen(live: LiveJob, number: int, version: Version | None, choice: Choice) -> Chosen:
    if choice.part is None:
        return chosen([choice.blocks] if choice.blocks else [], choice.keys)
    if version is None:
        return Chosen()
    if choice.part is Part.GAPS:
        return chosen(_at_most(gaps_of(version, most=MOST_TASKS + 1)), [])
    return chosen([], _at_most(stale_by_events(live, number, version.pk, most=MOST_TASKS + 1)))


def _at_most(found: list[Blocks] | list[str]) -> list:  # type: ignore[type-arg]
    if len(found) > MOST_TASKS:
        words = f"There are more than {MOST_TASKS:,} of them: choose a range, several times."
        raise Invalid(words, code="too_much_chosen")
    return found


def _held(version: Version | None, wanted: Chosen) -> Held:
    if version is None:
        return Held(frozenset(), 0, 0)
    return held_over(version, ranges=multirange(wanted.ranges), keys=wanted.keys)
