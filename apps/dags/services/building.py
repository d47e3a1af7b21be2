"""A version that makes anew what readers have is built beside the active one, and takes over when all of it is there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from apps.audit import services as audit
from apps.audit.domain import Actor
from apps.dags.document.comparing import compare
from apps.dags.document.meaning import Meaning
from apps.dags.domain import ACTIVATED, BUILD, OPEN_BUILD, BuildState
from apps.dags.generations import takes_from
from apps.dags.models import Build, Dag, DagVersion
from apps.dags.publications import output_versions
from apps.dags.selectors import active_meaning, open_build, was_active
from apps.dags.services.deploying import subject_of
from apps.datasets import services as datasets
from apps.datasets.selectors import are_kept, are_purged, made_of_the_same
from apps.outbox import services as outbox
from apps.platform.errors import Conflict


def must_be_built(dag: Dag, version: DagVersion, meaning: Meaning) -> Sequence[str]:
    """The jobs that it makes anew, where any of what is committed of them would be gone from readers. One that was active before
    has its own still, unless somebody purged it: to go back to it is to point at that.
    """
    if dag.active is None:
        return ()
    scope = compare(active_meaning(dag), meaning).rebuild_scope
    if was_active(version) and not are_purged(version.pk, scope) and not _is_half_built(version, scope):
        return ()
    return scope if are_kept(dag.pk, scope) else ()


def require_rows(dag: Dag, meaning: Meaning) -> None:
    """What readers have of rows that were then deleted from their table, no other version can make. Raises Conflict."""
    before = active_meaning(dag)
    if before is None:
        return
    jobs, touched = before.jobs, {*compare(before, meaning).rebuild_scope, *_replaced(before, meaning)}
    taking = {
        name: table for name in sorted(touched) if name in jobs and (table := takes_from(jobs[name].operator, jobs[name].spec))
    }
    if taking and are_kept(dag.pk, taking):
        job, table = next(iter(taking.items()))
        raise Conflict(
            f"`{job}` has deleted rows of `{table}` that it compacted, and they are in its files alone: this version would make the"
            f" files anew, or publish another job's in their place, and readers would lose those rows. Leave what defines `{job}`, what it"
            " reads and what it publishes as it is; publish what another job makes under another name.",
            code="rows_are_gone", detail={"jobs": sorted(taking)},
        )  # fmt: skip


def _replaced(before: Meaning, after: Meaning) -> Iterator[str]:
    """Jobs whose rows a dataset has, and under the same name has no more."""
    for name in before.publish.keys() & after.publish.keys():
        yield from _makers(before.publish[name]) - _makers(after.publish[name])


def _makers(spec: Mapping[str, Any]) -> set[str]:
    union = spec.get("union")
    return {union["cold"]["job"], union["hot"]["job"]} if union else {spec["from"]["job"]}


def _is_half_built(version: DagVersion, scope: Collection[str]) -> bool:
    """What was purged is whole again when a build of it is done, and not where the last one was given up."""
    same, seen = made_of_the_same(version.pk, scope), set[str]()
    for build in Build.objects.filter(version__in=same).exclude(state__in=OPEN_BUILD).order_by("-pk"):
        made = same[build.version_id] & set(build.scope) - seen
        if made and build.state == BuildState.ABANDONED:
            return True
        seen |= made
    return False


def begin_build(wanted: Build, meaning: Meaning, *, by: Actor) -> None:
    """Of a DAG that the caller has locked. Once more for the same version it only says how it shall take over."""
    dag, build = wanted.dag, open_build(wanted.dag)
    if build is not None:
        Build.objects.filter(pk=build.pk).update(cutover=wanted.cutover, problem="")
        _tell(build)
        return
    wanted.save()
    datasets.register(dag.org, dag.pk, wanted.version_id, output_versions(dag, meaning), now=wanted.made_at)
    _tell(wanted)
    audit.record("dag.build", subject_of(dag), by=by, org_id=dag.org_id, after=_told(wanted) | {"cutover": wanted.cutover})


def give_up_build(dag: Dag, *, unless: DagVersion | None, by: Actor, now: datetime) -> None:
    """Of a DAG that the caller has locked. Its tasks are canceled, and what they have made is read by nobody."""
    build = open_build(dag)
    if build is None or build.version == unless:
        return
    end_build(build, BuildState.ABANDONED, now=now)
    # Its jobs stop where the live ones are looked at.
    outbox.put(ACTIVATED, {"dag_id": str(dag.pk)}, org_id=dag.org_id)
    audit.record("dag.abandon", subject_of(dag), by=by, org_id=dag.org_id, before=_told(build))


def end_build(build: Build, state: BuildState, *, now: datetime) -> None:
    build.state, build.ended_at = state, now
    build.save(update_fields=["state", "ended_at"])


def note_planned(build: Build, *, now: datetime) -> None:
    build.planned_at = now
    build.save(update_fields=["planned_at"])


def _tell(build: Build) -> None:
    outbox.put(BUILD, {"build_id": str(build.pk)}, org_id=build.dag.org_id)


def _told(build: Build) -> dict[str, object]:
    return {"version": str(build.version_id), "number": build.version.number}
