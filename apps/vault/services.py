"""The Secret Writer: set, rotate, delete. Nothing here, and no route, gives a value back."""

from __future__ import annotations

from django.db import transaction

from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.orgs import quotas
from apps.orgs.models import Org
from apps.orgs.quotas import Quota
from apps.platform.config import Config
from apps.platform.errors import Invalid, NotFound
from apps.platform.ports.secrets import MAX_VALUE_BYTES, SecretInfo
from apps.platform.telemetry import redactor
from apps.vault.domain import Namespace, folder_of, path_of
from apps.vault.drivers import secret_store


def set_secret(org: Org, *, namespace: Namespace, name: str, value: str, by: Actor, config: Config) -> SecretInfo:
    """Make or rotate it. The record comes first: should the store fail, it tells of an attempt; never is a change untold."""
    path = path_of(config.environment, org.slug, namespace, name)
    _check_value(value)
    # Whatever goes wrong below, no log line of this process shows it.
    redactor.learn_written(value)
    store = secret_store(config)
    existing = {info.path for info in store.list(folder_of(config.environment, org.slug, namespace))}
    if path not in existing:
        quotas.require_room(org, Quota.SECRETS, used=len(existing))
    with transaction.atomic():
        action = "secret.rotate" if path in existing else "secret.create"
        audit.record(action, Subject("secret", path, name), by=by, org_id=org.pk)
        return store.put(path, value)


def delete_secret(org: Org, *, namespace: Namespace, name: str, by: Actor, config: Config) -> None:
    path = path_of(config.environment, org.slug, namespace, name)
    store = secret_store(config)
    if path not in {info.path for info in store.list(path)}:
        raise NotFound(f"There is no {namespace} secret {name} in this org.", code="unknown_secret")
    with transaction.atomic():
        audit.record("secret.delete", Subject("secret", path, name), by=by, org_id=org.pk)
        store.delete(path)


def _check_value(value: str) -> None:
    if not value or "\0" in value:
        raise Invalid(
            "A secret's value is text without NUL characters, and not empty; to forget it, delete it.", code="bad_secret"
        )
    if len(value.encode()) > MAX_VALUE_BYTES:
        raise Invalid(f"A secret's value has at most {MAX_VALUE_BYTES:,} bytes.", code="secret_too_large")
