from tests.apps.datasets.conftest import keeping
from tests.apps.dispatch.conftest import keys, signing_keys

__all__ = ["keeping", "keys", "signing_keys"]
