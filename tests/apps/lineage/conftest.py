"""Tasks are claimed and completed here as the dispatcher's own tests do it; `sleep` keeps what a test writes."""

from tests.apps.datasets.conftest import keeping, keys, signing_keys

__all__ = ["keeping", "keys", "signing_keys"]
