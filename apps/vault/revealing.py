"""Values of secrets, for the claim of a trusted worker and nobody else: the contract of imports lets one app in here."""

from __future__ import annotations

from collections.abc import Sequence

from apps.orgs.models import Org
from apps.platform.config import Config
from apps.platform.ports.secrets import SecretMissing
from apps.platform.telemetry import redactor
from apps.vault.domain import Namespace, path_of
from apps.vault.drivers import secret_store


def reveal_for_job(org: Org, names: Sequence[str], *, config: Config) -> dict[str, str]:
    """By the name of the environment variable. A name without a namespace is the org's own secret, else the platform's.

    Raises SecretMissing with the first that is not there.
    """
    return {name.rpartition("/")[2]: _value(org, name, config=config) for name in names}


def _value(org: Org, name: str, *, config: Config) -> str:
    namespace, _, short = name.rpartition("/")
    places = [Namespace(namespace)] if namespace else [Namespace.USER, Namespace.PLATFORM]
    for place in places:
        try:
            value = secret_store(config).reveal(path_of(config.environment, org.slug, place, short))
            # From here on whatever this process keeps of the job's lines and errors is without it.
            redactor.learn_written(value)
            return value
        except SecretMissing:
            continue
    raise SecretMissing(name)
