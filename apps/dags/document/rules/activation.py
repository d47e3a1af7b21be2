"""A source runs by itself, a reactive job on its inputs: what each must and must not say."""

from __future__ import annotations

from collections.abc import Iterator

from apps.dags.document.codes import Code
from apps.dags.document.facts import Facts
from apps.dags.document.problems import Complaint, Path
from apps.dags.document.schedules import BadSchedule, parse_schedule
from apps.dags.document.shape import CronSource, Job, TriggerTree
from operators.sdk.words import Activation, UpdateStrategy

ONLY_REACTIVE = ("execution_strategy", "update_strategy", "unique_key", "trigger")
ONLY_SOURCES = ("source", "bootstrap")


def a_job_says_what_its_activation_needs(facts: Facts) -> Iterator[Complaint]:
    for at, job in facts.jobs():
        yield from _source(job, at) if job.activation is Activation.SOURCE else _reactive(job, at)


def _source(job: Job, at: Path) -> Iterator[Complaint]:
    if job.source is None:
        yield Complaint(
            Code.MISSING_KEY,
            f"`source` is missing: what makes `{job.name}` run?",
            (*at, "source"),
            "`source: { kind: manual }`, for one.",
        )
    if job.inputs is not None:
        message = f"`{job.name}` is a source, and a source has no inputs."
        yield Complaint(
            Code.SOURCE_WITH_INPUTS, message, (*at, "inputs"), "Remove them, or write `activation: reactive`.", key=True
        )
    for key in ONLY_REACTIVE:
        if getattr(job, key) is not None:
            yield Complaint(
                Code.NOT_FOR_SOURCES, f"`{key}` is about inputs, and a source has none.", (*at, key), "Remove it.", key=True
            )


def _reactive(job: Job, at: Path) -> Iterator[Complaint]:
    if not job.inputs:
        hint = "`inputs: [{ from: { job: name, output: 0 } }]`, or `activation: source`."
        yield Complaint(Code.REACTIVE_WITHOUT_INPUTS, f"`{job.name}` is reactive and has no inputs.", (*at, "inputs"), hint)
    for key, example in (("execution_strategy", "PerPartition"), ("update_strategy", "replace")):
        if getattr(job, key) is None:
            yield Complaint(
                Code.MISSING_KEY, f"`{key}` is missing: a reactive job needs it.", (*at, key), f"`{key}: {example}`, for one."
            )
    for key in ONLY_SOURCES:
        if getattr(job, key) is not None:
            yield Complaint(
                Code.NOT_FOR_REACTIVE,
                f"`{key}` is for sources.",
                (*at, key),
                "Remove it, or write `activation: source`.",
                key=True,
            )


def append_names_its_key(facts: Facts) -> Iterator[Complaint]:
    for at, job in facts.jobs():
        if job.activation is Activation.REACTIVE and job.update_strategy is UpdateStrategy.APPEND and not job.unique_key:
            hint = "The columns that make a row the same row when it is written again: `unique_key: [tx_hash, log_index]`."
            yield Complaint(Code.APPEND_WITHOUT_UNIQUE_KEY, "`append` needs `unique_key`.", (*at, "update_strategy"), hint)


def a_schedule_can_be_kept(facts: Facts) -> Iterator[Complaint]:
    for at, job in facts.jobs():
        if isinstance(job.source, CronSource):
            try:
                parse_schedule(job.source.schedule)
            except BadSchedule as error:
                hint = "`*/5 * * * *`, `rate(5 minutes)` or `cron(0 12 * * ? *)`; times are UTC."
                yield Complaint(Code.BAD_SCHEDULE, str(error), (*at, "source", "schedule"), hint)


def a_trigger_is_about_the_inputs(facts: Facts) -> Iterator[Complaint]:
    for at, job in facts.jobs():
        if isinstance(job.trigger, TriggerTree) and job.inputs and job.activation is Activation.REACTIVE:
            named: list[int] = []
            wrong = list(_tree(job.trigger, (*at, "trigger"), len(job.inputs), named))
            yield from wrong
            missed = [number for number in range(len(job.inputs)) if number not in named]
            # A number that is wrong is most often the one that is missed.
            if missed and not wrong:
                numbers = ", ".join(map(str, missed))
                yield Complaint(
                    Code.BAD_TRIGGER, f"The trigger never asks for input {numbers}.", (*at, "trigger"), "Name every input once."
                )


def _tree(tree: TriggerTree, at: Path, inputs: int, named: list[int], *, depth: int = 0) -> Iterator[Complaint]:
    if (tree.all is None) == (tree.any is None):
        yield Complaint(
            Code.BAD_TRIGGER,
            "Here stands either `all` or `any`.",
            at,
            "Write `{ all: [0, { any: [1, 2] }], timeout: 10m }`, for one.",
        )
        return
    if depth and tree.timeout:
        yield Complaint(
            Code.BAD_TRIGGER, "Only the whole trigger has a timeout.", (*at, "timeout"), "Move it to the top.", key=True
        )
    word = "all" if tree.all is not None else "any"
    for place, member in enumerate(tree.all or tree.any or []):
        where = (*at, word, place)
        if isinstance(member, TriggerTree):
            yield from _tree(member, where, inputs, named, depth=depth + 1)
        elif not 0 <= member < inputs:
            yield Complaint(
                Code.BAD_TRIGGER, f"There is no input {member}.", where, f"Inputs are numbered from 0 to {inputs - 1}."
            )
        elif member in named:
            yield Complaint(Code.BAD_TRIGGER, f"Input {member} is named twice.", where, "Name every input once.")
        else:
            named.append(member)
