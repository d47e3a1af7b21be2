from __future__ import annotations

from operators.sdk.config import Config


class NoopConfig(Config):
    """Nothing to say."""
