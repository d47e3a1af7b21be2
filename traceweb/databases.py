"""The *state* and *data* databases: how Django reaches them and which model lives where."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from django.db.models import Model

from apps.platform.config import Config

STATE, DATA = "default", "data"


def databases(config: Config) -> dict[str, dict[str, Any]]:
    config.require("state_dsn", "data_dsn")
    return {STATE: _database(config.state_dsn, config), DATA: _database(config.data_dsn, config)}


def _database(dsn: str, config: Config) -> dict[str, Any]:
    parts = urlsplit(dsn)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": parts.port or 5432,
        # A pool, not persistent connections: under ASGI each request may run on another thread,
        # and every thread would keep a connection of its own until Postgres has none left.
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            "pool": {"min_size": 1, "max_size": config.database_pool_size, "timeout": 10},
            "application_name": "trace",
            "connect_timeout": 5,
            # Of `prepared_cursor` only, whose statements keep their plan: one made for each call anew costs more than it saves.
            "prepare_threshold": 1,
            "options": "-c plan_cache_mode=force_generic_plan",
        },
    }


class StateDataRouter:
    """A model lives in *state* unless it is named here, as `app_label.modelname`."""

    data_models: frozenset[str] = frozenset()

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        return DATA if model._meta.label_lower in self.data_models else STATE

    db_for_write = db_for_read

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        # Not type(): `request.user` is a lazy object, which only says so of its class.
        return self.db_for_read(one.__class__) == self.db_for_read(other.__class__)

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool:
        # A RunSQL or RunPython says where it belongs with hints={"database": …}; without a word it is *state*.
        if model_name is None:
            return bool(db == hints.get("database", STATE))
        lives_in_data = f"{app_label}.{model_name}" in self.data_models
        return lives_in_data if db == DATA else not lives_in_data
