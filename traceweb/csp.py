"""The Content Security Policy and its nonce.

The only place that knows django-csp: Django 6 brings a policy of its own, and then only this file changes.
Templates say `{{ csp_nonce }}`.
"""

from __future__ import annotations

from csp.constants import NONCE, NONE, SELF
from django.http import HttpRequest

POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["htmx", "trace"],
    }
}
MIDDLEWARE = "csp.middleware.CSPMiddleware"


def nonce(request: HttpRequest) -> dict[str, object]:
    """Context processor. Lazy: a page that uses no nonce gets none in its header."""
    return {"csp_nonce": getattr(request, "csp_nonce", "")}
