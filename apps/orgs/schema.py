"""How the OpenAPI document describes what all our calls have: who sends them, and that a POST may be sent again."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[\\x21-\\x7e]+$"},
    "description": "Chosen by you, such as a UUID. The same request sent again with it within 24 hours is not done again: the answer is the first one, "
    "with `Idempotency-Replayed: true`. With another body: 422 `idempotency_key_reused`; while the first still runs: 409 `idempotency_key_in_use`. "
    "A refusal is not kept.",
}


class Schema(AutoSchema):
    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        # Views of the internal plane know nothing of it.
        if operation and self.method == "POST" and getattr(self.view, "keeps_answers", False):
            operation["parameters"] = [*operation.get("parameters", []), _KEY]
        return operation


class BearerTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # drf-spectacular registers by subclassing
    target_class = "apps.orgs.authentication.BearerToken"
    name = "apiToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A personal access token, `trace_pat_…`."}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "apps.accounts.authentication.Session"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "trace_session"}
