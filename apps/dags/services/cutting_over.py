"""From the version that was active to the one that was built: names, pointers and the DAG, in one transaction."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.accounts.models import Person
from apps.audit.domain import Actor
from apps.dags.domain import BuildState, Cutover
from apps.dags.models import Build, Dag
from apps.dags.selectors import deployed_meaning, open_build
from apps.dags.services.activating import activatable, locked, move
from apps.dags.services.building import end_build, give_up_build
from apps.datasets.selectors import pieces_lost, published_by
from apps.orgs import policy
from apps.orgs.domain import Level
from apps.orgs.policy import Principal
from apps.platform.errors import Conflict, UserError


def finish_build(build_id: UUID, *, now: datetime) -> None:
    """All of it is there. Where it was asked to, it takes over at once; so does one that was ready and then was asked to."""
    Build.objects.filter(pk=build_id, state=BuildState.BUILDING).update(state=BuildState.READY, ready_at=now)
    build = Build.objects.select_related("dag", "version").get(pk=build_id)
    if build.state != BuildState.READY or build.cutover != Cutover.AUTO or build.problem:
        return
    problem = _lost(build) or _of_people(build)
    if not problem:
        try:
            _cut_over(build.dag, build, owner=None, by=Actor.system("dispatcher"), now=now)
        except UserError as refusal:
            # A name may be another's by now.
            problem = refusal.message
    # It stays ready, and somebody decides.
    Build.objects.filter(pk=build_id).update(problem=problem)


def _lost(build: Build) -> str:
    """What readers have and would not have any more; empty where nothing is."""
    less = pieces_lost(build.dag_id, build.version_id, before=build.made_at)
    return f"It holds less than what readers have now: {'; '.join(less)}. Cut over by hand if that is meant." if less else ""


def _of_people(build: Build) -> str:
    """What only somebody with the right to it may decide; empty where the version changes no name, nobody's view, and no mark."""
    published = deployed_meaning(build.version).publish
    known = {one.dataset.name: one.dataset.visible_as for one in published_by(build.dag.org, build.dag.name)}
    asks = any(
        name not in known or spec.get("visibility") not in {None, known[name]} or spec.get("pii_columns")
        for name, spec in published.items()
    )
    return "It publishes a new name, or says anew who sees one, or marks personal data. Cut over by hand." if asks else ""


def cut_over(dag: Dag, *, who: Principal, by: Actor, now: datetime) -> Dag:
    """Now, of a version that is ready and waits to be told."""
    policy.require_reach(who, Level.CHANGE, dag, now=now)
    build = open_build(dag)
    if build is None:
        raise Conflict(f"No version of `{dag.name}` is being built. Activate one first.", code="no_build")
    if build.state != BuildState.READY:
        raise Conflict(
            f"Version {build.version.number} is not ready yet: tasks of it are still to be done, or have failed. Look at its tasks.",
            code="build_not_ready",
        )
    return _cut_over(dag, build, owner=who.person, by=by, now=now)


def abandon_build(dag: Dag, *, who: Principal, by: Actor, now: datetime) -> Dag:
    """The active version goes on as if nothing had been."""
    with transaction.atomic():
        dag = locked(dag)
        policy.require_reach(who, Level.CHANGE, dag, now=now)
        if open_build(dag) is None:
            raise Conflict(f"No version of `{dag.name}` is being built.", code="no_build")
        give_up_build(dag, unless=None, by=by, now=now)
    return dag


def _cut_over(dag: Dag, build: Build, *, owner: Person | None, by: Actor, now: datetime) -> Dag:
    meaning = activatable(dag, build.version)
    with transaction.atomic():
        dag = locked(dag)
        build = Build.objects.select_for_update(of=("self",)).select_related("version").get(pk=build.pk)
        if build.state != BuildState.READY:
            raise Conflict("Somebody else was quicker. Look at the DAG.", code="moved_meanwhile")
        end_build(build, BuildState.DONE, now=now)
        return move(dag, build.version, meaning, owner=owner, by=by, now=now, missed_since=build.made_at)
