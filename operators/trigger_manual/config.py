from __future__ import annotations

from operators.sdk.config import Config


class TriggerManualConfig(Config):
    """Nothing to say: the run itself brings its range."""
