"""The Secret Writer: set, rotate, delete. Nothing here, and no route, gives a value back.

The store may be another machine, so no transaction waits for it: the attempt is committed, the store is called, the outcome
is committed. An attempt without an outcome in the log is one of which nobody knows how it ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import transaction

from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.orgs import quotas
from apps.orgs.models import Org
from apps.orgs.quotas import Quota
from apps.platform import wiring
from apps.platform.config import Config
from apps.platform.errors import Invalid, NotFound
from apps.platform.ports.secrets import MAX_VALUE_BYTES, SecretInfo
from apps.platform.telemetry import redactor
from apps.vault.domain import Namespace, path_of
from apps.vault.drivers import secret_store
from apps.vault.models import SecretPlace
from apps.vault.selectors import paths_of

# Of a process that died in between; no call to a store takes as long.
PLACE_LIVES = timedelta(minutes=10)


def set_secret(org: Org, *, namespace: Namespace, name: str, value: str, by: Actor, config: Config) -> SecretInfo:
    """Make or rotate it. In the log: `secret.set`, then `secret.create`, `secret.rotate` or `secret.fail`."""
    path = path_of(config.environment, org.slug, namespace, name)
    _check_value(value)
    # Whatever goes wrong below, no log line of this process shows it.
    redactor.learn_written(value)
    with _place(org, path):
        existing = _checked_paths(org, path, config=config)
        done = "secret.rotate" if path in existing else "secret.create"
        with _told(org, "secret.set", done, Subject("secret", path, name), by=by):
            return secret_store(config).put(path, value)


def delete_secret(org: Org, *, namespace: Namespace, name: str, by: Actor, config: Config) -> None:
    """In the log: `secret.unset`, then `secret.delete` or `secret.fail`."""
    path = path_of(config.environment, org.slug, namespace, name)
    store = secret_store(config)
    if path not in {info.path for info in store.list(path)}:
        raise NotFound(f"There is no {namespace} secret {name} in this org.", code="unknown_secret")
    with _told(org, "secret.unset", "secret.delete", Subject("secret", path, name), by=by):
        store.delete(path)


@contextmanager
def _told(org: Org, attempt: str, done: str, subject: Subject, *, by: Actor) -> Iterator[None]:
    """`durable`: inside somebody's transaction the attempt would be unsaid with the rest."""
    with transaction.atomic(durable=True):
        audit.record(attempt, subject, by=by, org_id=org.pk)
    try:
        yield
    except Exception as error:
        with transaction.atomic(durable=True):
            audit.record("secret.fail", subject, by=by, org_id=org.pk, after={"error": type(error).__name__})
        raise
    with transaction.atomic(durable=True):
        audit.record(done, subject, by=by, org_id=org.pk)


@contextmanager
def _place(org: Org, path: str) -> Iterator[None]:
    """Keeps a place of the quota while the secret is on its way: two at once see each other's before they count."""
    with transaction.atomic(durable=True):
        Org.objects.select_for_update().get(pk=org.pk)
        place = SecretPlace.objects.create(org=org, path=path, kept_at=wiring.clock().now())
    try:
        yield
    finally:
        place.delete()


def _checked_paths(org: Org, path: str, *, config: Config) -> set[str]:
    """What the store holds. The places are read first: a secret whose place is given up in between is in the store by then."""
    alive = SecretPlace.objects.filter(org=org, kept_at__gt=wiring.clock().now() - PLACE_LIVES)
    kept = set(alive.values_list("path", flat=True))
    existing = paths_of(org, config=config)
    if path not in existing:
        quotas.require_room(org, Quota.SECRETS, used=len((existing | kept) - {path}))
    return existing


def _check_value(value: str) -> None:
    if not value or "\0" in value:
        raise Invalid(
            "A secret's value is text without NUL characters, and not empty; to forget it, delete it.", code="bad_secret"
        )
    if len(value.encode()) > MAX_VALUE_BYTES:
        raise Invalid(f"A secret's value has at most {MAX_VALUE_BYTES:,} bytes.", code="secret_too_large")
