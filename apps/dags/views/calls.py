"""What the editor asks while somebody types: JSON in, JSON out, with the session of the page."""

from __future__ import annotations

import json
from typing import Annotated, Any, TypeVar
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.dags import checking, selectors, services, telling
from apps.dags.document.comparing import compare
from apps.dags.document.edits import EDIT, Edit, edited
from apps.dags.document.graph import graph_of
from apps.dags.document.json_schema import installed_schema
from apps.dags.document.meaning import meaning_of
from apps.dags.document.reading import BOM, normalised
from apps.dags.domain import SLOT
from apps.dags.offsets import in_utf16
from apps.dags.views.reach import instant, principal, reach
from apps.dags.vocabulary import activations_told, datasets_told, operators_told, starters_told
from apps.orgs.access import OrgRequest, org_page
from apps.orgs.domain import Level
from apps.orgs.policy import Action
from apps.platform.errors import BadInput, Conflict, Invalid
from operators.sdk.catalogue import catalogue

# Whoever opens one of these addresses is led to where they are asked from.
PAGE = "dags:dags"
M = TypeVar("M", bound=BaseModel)


class Text(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    yaml: str
    # The DAG that the page is about; empty on the page of a new one.
    dag: Annotated[str, Field(pattern=r"^([a-z][a-z0-9_-]{0,62})?$")] = ""


class Based(Text):
    base: str = ""


class Drafted(Based):
    # The draft that it is, where it is not that of the DAG.
    slot: Annotated[str, Field(pattern=rf"^({SLOT})?$")] = ""
    # `saved_at` of the draft that this one goes on from; empty where there was none.
    seen: str = ""


class WithEdit(Text):
    edit: Any


@posted_from(PAGE, "slug")
@org_page(Action.DAGS_VIEW)
def check(request: OrgRequest) -> HttpResponse:
    said = _said(request, Text)
    checked = checking.check(request.org, said.yaml, dag=said.dag)
    graph = graph_of(checked)
    return JsonResponse({
        "valid": checked.valid, "problems": checking.told(checked.problems), "warnings": checking.told(checked.warnings),
        "graph": telling.told_graph(graph) if graph else None,
    })  # fmt: skip


@posted_from(PAGE, "slug")
@org_page(Action.DAGS_VIEW)
def edit(request: OrgRequest) -> HttpResponse:
    """Nothing is kept: the answer says how the text changes, and the editor changes it, so that its undo undoes it."""
    said = _said(request, WithEdit)
    text = normalised(said.yaml)
    shift = said.yaml.startswith(BOM)
    if text != said.yaml[shift:]:
        raise BadInput("An edit is made of a text whose lines end in `\\n` alone.", code="line_endings")
    patch = edited(text, _edit(said.edit), catalogue().operators)
    changes = [
        {"from": in_utf16(text, one.start) + shift, "to": in_utf16(text, one.end) + shift, "insert": one.insert}
        for one in patch.changes
    ]
    return JsonResponse({"changes": changes, "caret": in_utf16(patch.text, patch.caret) + shift})


@require_GET
@org_page(Action.DAGS_VIEW)
def vocabulary(request: OrgRequest) -> HttpResponse:
    operators = catalogue().operators
    return JsonResponse({
        "schema": installed_schema(), "operators": operators_told(operators), "datasets": datasets_told(request.org, principal(request)),
        "not_for": activations_told(), "starters": starters_told(),
    })  # fmt: skip


@require_http_methods(["GET", "PUT", "DELETE"])
@org_page(Action.DAGS_DEPLOY)
def draft(request: OrgRequest) -> HttpResponse:
    if request.method == "PUT":
        return _save(request, _said(request, Drafted))
    name = request.GET.get("dag", "")[:63]
    if request.method == "GET":
        return JsonResponse({"draft": _told_draft(request, name)})
    return _discard(request, name)


@posted_from(PAGE, "slug")
@org_page(Action.DAGS_DEPLOY)
def deploy(request: OrgRequest) -> HttpResponse:
    said = _said(request, Based)
    name = said.dag or _name_in(request, said.yaml)
    sent = services.Sent(name, said.yaml, base=_uuid(said.base), is_new=not said.dag)
    try:
        deployed = services.deploy(request.org, sent, who=principal(request), by=actor_of(request), now=timezone.now())
    except Conflict as error:
        return _stale(request, name, said.base, error)
    version = deployed.version
    url = reverse("dags:version", args=[request.org.slug, name, version.number])
    told = telling.told_version(version, version.dag) | {"url": url}
    return JsonResponse(told, status=201 if deployed.created else 200)


@posted_from(PAGE, "slug")
@org_page(Action.DAGS_VIEW)
def plan(request: OrgRequest) -> HttpResponse:
    said = _said(request, Text)
    checked = checking.check(request.org, said.yaml, dag=said.dag)
    found = selectors.plan_of(request.org, checked, who=principal(request), now=timezone.now()) if checked.valid else None
    return render(request, "dags/_plan.html", {"plan": found, "problems": checked.problems, "warnings": checked.warnings})


@posted_from(PAGE, "slug")
@org_page(Action.DAGS_VIEW)
def diff(request: OrgRequest) -> HttpResponse:
    """Against the active version; of a text with problems the pictures are left out."""
    said = _said(request, Text)
    dag = reach(request, said.dag) if said.dag else None
    active = dag.active if dag else None
    checked = checking.check(request.org, said.yaml, dag=said.dag)
    graph = graph_of(checked)
    changes = compare(selectors.active_meaning(dag), meaning_of(checked.facts)) if checked.valid and checked.facts else None
    return JsonResponse({
        "text": {"old": active.yaml if active else "", "new": checked.text},
        "graph": telling.told_graph(graph, changes) if graph and changes else None,
    })  # fmt: skip


def _save(request: OrgRequest, said: Drafted) -> HttpResponse:
    if said.dag:
        reach(request, said.dag, Level.CHANGE)
    name = said.slot or said.dag
    if not name:
        raise BadInput("A draft is of a DAG, or has a slot of its own.", code="no_name")
    base, seen, now = _uuid(said.base), instant(said.seen), timezone.now()
    try:
        saved = services.save_draft(request.org, request.person, name, said.yaml, base=base, seen=seen, now=now)
    except Conflict as error:
        return _stale_draft(request, name, error)
    return JsonResponse({"saved_at": saved.saved_at.isoformat()})


def _discard(request: OrgRequest, name: str) -> HttpResponse:
    try:
        services.discard_draft(request.org, request.person, name, seen=instant(request.GET.get("seen", "")))
    except Conflict as error:
        return _stale_draft(request, name, error)
    return HttpResponse(status=204)


def _stale_draft(request: OrgRequest, name: str, error: Conflict) -> HttpResponse:
    told = {"code": error.code, "message": error.message, "theirs": _told_draft(request, name)}
    return JsonResponse(told, status=409)


def _told_draft(request: OrgRequest, name: str) -> dict[str, object] | None:
    draft = selectors.draft_of(request.org, request.person, name)
    if draft is None:
        return None
    base = {"id": str(draft.base.pk), "number": draft.base.number} if draft.base else None
    # To the microsecond, which Django's JSON would cut off: it comes back as what was seen.
    return {"yaml": draft.yaml, "base": base, "saved_at": draft.saved_at.isoformat()}


def _stale(request: OrgRequest, name: str, base: str, error: Conflict) -> HttpResponse:
    """With the two texts that the author needs to bring theirs together."""
    if error.code != "stale_base":
        raise error
    dag = reach(request, name)
    theirs = dag.versions.select_related("created_by").first()
    seen = _uuid(base)
    began = dag.versions.filter(pk=seen).first() if seen else None
    body: dict[str, object] = {"code": error.code, "message": error.message, "base_yaml": began.yaml if began else ""}
    if theirs:
        body["theirs"] = telling.told_version(theirs, dag) | {
            "yaml": theirs.yaml, "by": theirs.created_by.email if theirs.created_by else "somebody", "at": theirs.created_at,
        }  # fmt: skip
    return JsonResponse(body, status=409)


def _name_in(request: OrgRequest, text: str) -> str:
    """Of a new DAG the text says what it is called; without a usable name the validator says what is wrong with it."""
    checked = checking.check(request.org, text)
    if not checked.name:
        raise Invalid("This document has no usable name yet.", code="invalid_dag", errors=checking.told(checked.problems))
    return checked.name


def _edit(said: Any) -> Edit:
    try:
        return EDIT.validate_python(said)
    except ValidationError:
        raise BadInput("This is none of the edits of a graph.", code="bad_edit") from None


def _said(request: OrgRequest, shape: type[M]) -> M:
    try:
        return shape.model_validate(json.loads(request.body))
    except (ValueError, RecursionError):
        raise BadInput("The body is not the JSON that this address takes.", code="bad_json") from None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise BadInput("`base` is the id of a version.", code="bad_id") from None
