"""What a document points at is there."""

from __future__ import annotations

from collections.abc import Iterator

from apps.dags.document.codes import Code
from apps.dags.document.facts import Facts
from apps.dags.document.problems import Complaint, Path, did_you_mean, listed
from apps.dags.document.shape import Job
from operators.sdk.config import Config
from operators.sdk.words import Bundle


def an_input_comes_from_one_place_that_is_there(facts: Facts) -> Iterator[Complaint]:
    for at, job in facts.jobs():
        seen = set()
        for number, one in enumerate(job.inputs or []):
            where, source = (*at, "inputs", number, "from"), one.from_
            if not source.job and not source.dataset:
                hint = "`{ job: name, output: 0 }` or `{ dataset: name }`."
                yield Complaint(Code.MISSING_KEY, "An input comes from a `job` or from a `dataset`.", where, hint)
            elif source.job and source.dataset:
                message = "An input comes from a `job` or from a `dataset`, not from both."
                yield Complaint(Code.UNKNOWN_KEY, message, (*where, "dataset"), "Remove one of the two.", key=True)
            elif source.dataset and source.output is not None:
                yield Complaint(Code.UNKNOWN_KEY, "A dataset has no outputs.", (*where, "output"), "Remove `output`.", key=True)
            elif source.job:
                yield from job_output(facts, source.job, source.output or 0, where)
            key = (source.job, source.output or 0, source.dataset, str(sorted((one.where or {}).items())))
            if key in seen and (source.job or source.dataset):
                yield Complaint(
                    Code.DUPLICATE_INPUT, "This input is here twice.", where, "Remove one, or filter them by `where`."
                )
            seen.add(key)


def job_output(facts: Facts, job: str, output: int, at: Path) -> Iterator[Complaint]:
    """Used for inputs, for `publish` and for unions."""
    producer = facts.producers.get(job)
    if producer is None:
        hint = did_you_mean(job, facts.producers, otherwise=f"There is {listed(facts.producers)}." if facts.producers else "")
        yield Complaint(Code.UNKNOWN_JOB, f"There is no job `{job}` in this DAG.", (*at, "job"), hint)
    elif producer.outputs is not None and output >= producer.outputs:
        last = "`output[0]` only" if producer.outputs == 1 else f"`output[0]` to `output[{producer.outputs - 1}]`"
        message = f"`{job}` has no output {output}: it has {last}."
        yield Complaint(
            Code.UNKNOWN_OUTPUT, message, (*at, "output"), f"Outputs count from 0; `outputs:` of `{job}` says how many."
        )


def a_dataset_that_is_read_is_there(facts: Facts) -> Iterator[Complaint]:
    known = [*facts.known.datasets, *facts.known.near, *facts.parsed.publish]
    otherwise = "A dataset is published by a DAG before another reads it: deploy and activate that one first."
    for at, name in facts.references():
        if not facts.has_dataset(name):
            hint = did_you_mean(name, known, otherwise=otherwise)
            yield Complaint(Code.UNKNOWN_DATASET, f"There is no dataset `{name}` in this org.", at, hint)


def a_secret_that_is_named_is_given(facts: Facts) -> Iterator[Complaint]:
    for at, job in facts.jobs():
        config = facts.config(job)
        given = {name.rpartition("/")[2] for name in job.secrets or []}
        for place, name in config.named_secrets.items() if isinstance(config, Config) else ():
            if name not in given:
                message = f"`{job.name}` names the secret `{name}`, and is not given it."
                hint = f"Write `secrets: [{', '.join([*(job.secrets or []), name])}]` in the job."
                yield Complaint(Code.SECRET_NOT_LISTED, message, (*at, "config", *place), hint)


def takes_bundle(facts: Facts, job: Job) -> bool:
    """Also where the operator is not known: then its bundle is looked at for itself."""
    operator = facts.operator(job)
    return operator is None or operator.bundle is not Bundle.NONE


def a_bundle_is_there(facts: Facts) -> Iterator[Complaint]:
    for at, job in facts.jobs():
        if job.udf and takes_bundle(facts, job) and job.udf.bundle_id not in facts.known.bundles:
            message = f"There is no bundle `{job.udf.bundle_id}` in this org."
            hint = did_you_mean(job.udf.bundle_id, facts.known.bundles, otherwise="Upload it first; its id is shown then.")
            yield Complaint(Code.UNKNOWN_BUNDLE, message, (*at, "udf", "bundle_id"), hint)
