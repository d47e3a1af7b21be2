"""A URL without a right is a hole that nobody decided on: those that need none are written out here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from rest_framework.views import APIView

from apps.orgs.domain import Scope
from apps.orgs.policy import ANYBODY_SIGNED_IN, IN_AN_ORG, STAFF, Action
from apps.orgs.policy.actions import NEVER_BY_TOKEN, SCOPES
from tests.security.routes import Route, routes
from traceweb.urls import public

# For whoever comes, signed in or not. Each is harmless: it says nothing of anybody, or is the way to become somebody.
OPEN_PUBLIC = {
    "/healthz",
    "/readyz",
    "/v1/schema",
    "/sign-in",
    "/sign-out",
    "/sso/<slug:key>/start",
    "/sso/<slug:key>/callback",
    "/sso/<slug:key>/leave",
    "/theme",
    # Parts that this version does not have: 501 to everybody.
    "/^v1/(?P<part>query|queries|udf|alerts|saved-queries|notebooks)(?:/.*)?$",
    # Who calls it is known by a signature.
    "/hooks/<slug:slug>/<path:path>",
    # With TRACE_DEBUG only.
    "/gallery/",
}
# Proved by a worker's token, by the capability of an attempt, and by the token of the RPC gateway.
NOT_OF_PEOPLE = frozenset({Action.WORKER_REPORT, Action.TASK_HOLD, Action.GATEWAY_SERVE})
OPEN_INTERNAL = {"/healthz", "/readyz", "/internal/schema", "/internal/jwks/task"}


@pytest.mark.parametrize("route", routes("public"), ids=str)
def test_a_public_url_names_the_right_it_needs(route: Route) -> None:
    assert bool(route.actions) != (route.path in OPEN_PUBLIC)
    assert set(route.actions.values()) <= {action.value for action in Action}


@pytest.mark.parametrize("route", routes("internal"), ids=str)
def test_an_internal_url_names_the_right_it_needs(route: Route) -> None:
    assert bool(route.actions) != (route.path in OPEN_INTERNAL)
    assert set(route.actions.values()) <= {action.value for action in NOT_OF_PEOPLE}


def test_every_method_of_an_api_view_names_its_right() -> None:
    views = [pattern.callback.cls for pattern in _leaves(public.urlpatterns) if hasattr(pattern.callback, "cls")]
    guarded = [view for view in views if getattr(view, "actions", None)]

    assert len(guarded) > 10
    for view in guarded:
        assert set(view.actions) == {method.upper() for method in methods_of(view)}, view


def methods_of(view: type[APIView]) -> set[str]:
    return {name for name in ("get", "post", "put", "patch", "delete") if hasattr(view, name)}


def _leaves(patterns: list[Any]) -> Iterator[Any]:
    for pattern in patterns:
        yield from _leaves(pattern.url_patterns) if hasattr(pattern, "url_patterns") else [pattern]


def test_what_changes_something_needs_more_than_a_token_to_read() -> None:
    for action in Action:
        is_harmless = action.value.endswith((".view", ".view_all")) or action in {Action.PLATFORM_HEALTH, *NOT_OF_PEOPLE}
        assert (SCOPES.get(action, Scope.READ) is not Scope.READ or action in NEVER_BY_TOKEN) != is_harmless, action


def test_every_action_belongs_to_one_kind_of_right() -> None:
    kinds = [ANYBODY_SIGNED_IN, IN_AN_ORG, STAFF, NOT_OF_PEOPLE]

    for action in Action:
        assert sum(action in kind for kind in kinds) == 1, action
