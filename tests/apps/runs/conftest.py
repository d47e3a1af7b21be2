"""What tests of the dispatcher have: keys that sign, a queue that takes wake-ups."""

from tests.apps.dispatch.conftest import keys, signing_keys

__all__ = ["keys", "signing_keys"]
