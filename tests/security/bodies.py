"""What the matrix of rights sends, where an address wants a body before it looks at who asks for what."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone

from tests.apps.dags.makers import manual
from tests.apps.pii.makers import MONTH, PURPOSE

BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("PATCH", "/v1/me"): {"name": "Another name"},
    ("POST", "/v1/orgs"): {"slug": "brand-new", "name": "Brand new"},
    ("PATCH", "/v1/orgs/<slug:slug>"): {"name": "Renamed"},
    ("PUT", "/v1/orgs/<slug:slug>/members/<uuid:person_id>"): {"role": "writer"},
    ("POST", "/v1/orgs/<slug:slug>/invitations"): {"email": "new@trace.example", "role": "reader"},
    ("POST", "/v1/orgs/<slug:slug>/roles"): {"slug": "auditors", "name": "Auditors"},
    ("POST", "/v1/orgs/<slug:slug>/grants"): {
        "kind": "nothing",
        "object": str(uuid.uuid4()),
        "to": {},
        "level": "view",
        "purpose": "tests",
    },
    ("POST", "/v1/orgs/<slug:slug>/domains"): {"domain": "another.example"},
    ("PUT", "/v1/orgs/<slug:slug>/hosts/<str:host>"): {"purpose": "feed"},
    ("POST", "/v1/orgs/<slug:slug>/tokens"): {"name": "fresh", "scope": "read", "days": 1},
    ("PUT", "/v1/orgs/<slug:slug>/quotas/<str:quota>"): {"limit": 5},
    ("PUT", "/v1/orgs/<slug:slug>/secrets/user/<str:name>"): {"value": "a value"},
    ("PUT", "/v1/orgs/<slug:slug>/secrets/platform/<str:name>"): {"value": "a value"},
    ("PUT", "/v1/orgs/<slug:slug>/pii/classifications/<str:dataset>/<str:column>"): {"kind": "email", "handling": "refuse"},
    ("PUT", "/v1/platform/rpc-pools/<str:pool_name>"): {"chain_id": 1},
    ("PUT", "/v1/platform/rpc-pools/<str:pool_name>/providers/<str:provider_name>"): {"url": "https://rpc.example.com"},
    ("POST", "/v1/dags/validate"): {"yaml": manual()},
    ("POST", "/v1/dags/<str:dag_name>/versions"): {"yaml": manual()},
    ("PATCH", "/v1/dags/<str:dag_name>"): {"visibility": "org"},
    ("PUT", "/v1/dags/<str:dag_name>/active"): {"version_id": None},
    ("POST", "/v1/tasks/cancel"): {"status": "queued"},
    ("POST", "/v1/tasks/retry"): {"status": "dead"},
    ("PUT", "/v1/dags/<str:dag_name>/jobs/<str:job>/paused"): {"paused": True},
    ("POST", "/v1/datasets/<str:dataset_name>/backfill"): {"range": {"start": 1, "end": 2}, "dry_run": True},
    ("POST", "/v1/datasets/<str:dataset_name>/purges"): {"superseded": True, "dry_run": True},
    ("POST", "/v1/datasets/<str:dataset_name>/access-requests"): {"reason": "x"},
    ("POST", "/v1/datasets/<str:dataset_name>/access-requests/<uuid:request_id>/refuse"): {"note": "Not for tests."},
    ("POST", "/v1/datasets/<str:dataset_name>/invalidations"): {"range": {"start": 1, "end": 2}, "dry_run": True},
    ("POST", "/v1/orgs/<slug:slug>/pii/grants"): {
        "dataset": "customers", "purpose": PURPOSE, "expires_at": (timezone.now() + MONTH).isoformat(),
    },
}  # fmt: skip
