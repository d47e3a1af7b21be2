"""A job fits its operator: where it runs, what makes it run, what it is told, and whom it trusts."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from pydantic import ValidationError

from apps.dags.document.codes import Code
from apps.dags.document.explaining import complaints
from apps.dags.document.facts import CHAIN_SYNC_OPERATOR, Facts, stream_config
from apps.dags.document.problems import Complaint, Path, did_you_mean, listed
from apps.dags.document.rules.references import takes_bundle
from apps.dags.document.shape import Job
from operators.sdk.config import Config
from operators.sdk.declaration import Declaration
from operators.sdk.words import Activation, Bundle, Runtime, SourceKind, Trust

# Lambda ends a function after this, whatever we say.
LAMBDA_SECONDS = 900


def an_operator_is_installed(facts: Facts) -> Iterator[Complaint]:
    for at, job in facts.jobs():
        if not facts.operator(job):
            hint = did_you_mean(
                job.operator, facts.known.operators, otherwise=f"There is {listed(facts.known.operators, most=30)}."
            )
            yield Complaint(Code.UNKNOWN_OPERATOR, f"There is no operator `{job.operator}`.", (*at, "operator"), hint)


def an_operator_is_used_as_it_can_be(facts: Facts) -> Iterator[Complaint]:
    for at, job in facts.jobs():
        if not (operator := facts.operator(job)):
            continue
        yield from _fit(Code.UNSUPPORTED_ACTIVATION, (*at, "activation"), operator, job.activation, operator.activations)
        if not (operator.trust is Trust.UNTRUSTED and job.runtime is not Runtime.LAMBDA):
            yield from _fit(Code.UNSUPPORTED_RUNTIME, (*at, "runtime"), operator, job.runtime, operator.runtimes)
        if job.execution_strategy and Activation.REACTIVE in operator.activations:
            where = (*at, "execution_strategy")
            yield from _fit(Code.UNSUPPORTED_STRATEGY, where, operator, job.execution_strategy, operator.strategies)
        if job.source and Activation.SOURCE in operator.activations:
            where = (*at, "source", "kind")
            yield from _fit(Code.UNSUPPORTED_SOURCE, where, operator, SourceKind(job.source.kind), operator.source_kinds)
        if job.outputs > operator.most_outputs:
            message = f"`{operator.name}` has {_count(operator.most_outputs)}; this asks for {job.outputs}."
            yield Complaint(
                Code.TOO_MANY_OUTPUTS, message, (*at, "outputs"), f"Write `outputs: {operator.most_outputs}`, or less."
            )


def _fit(code: Code, at: Path, operator: Declaration, given: str, allowed: Collection[str]) -> Iterator[Complaint]:
    if given not in allowed:
        what = str(at[-1]) if at[-1] != "kind" else "source"
        yield Complaint(code, f"`{operator.name}` does not do `{what}: {given}`.", at, f"It does {listed(allowed)}.")


def an_operator_takes_its_config(facts: Facts) -> Iterator[Complaint]:
    for at, job in facts.jobs():
        if operator := facts.operator(job):
            config = facts.config(job)
            if isinstance(config, ValidationError):
                yield from complaints(config, operator.config, job.config or {}, (*at, "config"))


def user_code_stays_where_it_is_safe(facts: Facts) -> Iterator[Complaint]:
    for at, job in facts.jobs():
        if operator := facts.operator(job):
            yield from _bundle(facts, job, operator, at)
        if not ((job.udf and takes_bundle(facts, job)) or (operator and operator.trust is Trust.UNTRUSTED)):
            continue
        if job.runtime is not Runtime.LAMBDA:
            message = f"`{job.name}` runs user code, and that runs in `lambda` only."
            yield Complaint(Code.UNTRUSTED_RUNTIME, message, (*at, "runtime"), "Write `runtime: lambda`.")
        if job.secrets:
            message = f"`{job.name}` runs user code, and that is never given secrets."
            yield Complaint(
                Code.UNTRUSTED_SECRETS, message, (*at, "secrets"), "Let a trusted operator call what needs them.", key=True
            )


def _bundle(facts: Facts, job: Job, operator: Declaration, at: Path) -> Iterator[Complaint]:
    wanted = _wants_bundle(facts, job, operator)
    if wanted and not job.udf:
        hint = "Write `udf: { bundle_id: …, entrypoint: module.function }`."
        yield Complaint(Code.BUNDLE_NEEDED, f"`{operator.name}` runs a bundle here, and none is named.", (*at, "udf"), hint)
    if wanted is False and job.udf:
        yield Complaint(
            Code.BUNDLE_NOT_TAKEN,
            f"`{operator.name}` runs no bundle here.",
            (*at, "udf"),
            "Remove it, or use `operator: udf`.",
            key=True,
        )


def _wants_bundle(facts: Facts, job: Job, operator: Declaration) -> bool | None:
    """Of an operator that may or may not run one its config decides; None where that is wrong in itself."""
    if operator.bundle is not Bundle.OPTIONAL:
        return operator.bundle is Bundle.REQUIRED
    config = facts.config(job)
    return config.wants_bundle if isinstance(config, Config) else None


def a_runtime_can_do_what_is_asked_of_it(facts: Facts) -> Iterator[Complaint]:
    default = facts.parsed.defaults.timeout_seconds or 0
    inheriting = next((job for _, job in facts.jobs() if job.timeout_seconds is None and job.runtime is Runtime.LAMBDA), None)
    if inheriting and default > LAMBDA_SECONDS:
        yield _too_long(inheriting, default, ("defaults", "timeout_seconds"))
    for at, job in facts.jobs():
        if job.runtime is Runtime.LAMBDA and job.timeout_seconds and job.timeout_seconds > LAMBDA_SECONDS:
            yield _too_long(job, job.timeout_seconds, (*at, "timeout_seconds"))
        if job.task_definition and job.runtime is not Runtime.ECS_PLATFORM:
            message = "`task_definition` is for `runtime: ecs_platform`."
            yield Complaint(Code.NOT_FOR_RUNTIME, message, (*at, "task_definition"), "Remove it.", key=True)


def _too_long(job: Job, seconds: int, where: Path) -> Complaint:
    message = f"`{job.name}` runs in `lambda`, where a task ends after {LAMBDA_SECONDS} s; this says {seconds} s."
    return Complaint(Code.TIMEOUT_TOO_LONG, message, where, "Split the work, or use `runtime: ecs_platform`.")


def a_stream_is_something_that_cryo_has(facts: Facts) -> Iterator[Complaint]:
    """The config of the job that a stream becomes is checked by the operator that will run it."""
    operator = facts.known.operators.get(CHAIN_SYNC_OPERATOR)
    for place, entrypoint in enumerate(facts.parsed.entrypoints):
        if entrypoint is None or operator is None:
            continue
        for number, stream in enumerate(entrypoint.streams):
            given = stream_config(entrypoint, stream)
            try:
                operator.config.model_validate(given)
            except ValidationError as error:
                at = ("entrypoints", place, "streams", number)
                yield from (
                    one for one in complaints(error, operator.config, given, at) if one.at[len(at) :] == ("cryo_dataset_name",)
                )


def _count(number: int) -> str:
    return "1 output" if number == 1 else f"at most {number} outputs"
