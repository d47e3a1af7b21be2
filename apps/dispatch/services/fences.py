"""Why a call of a lease holder is refused."""

from __future__ import annotations

from apps.platform.contracts import STATE_MOVED
from apps.platform.errors import Conflict


class StaleFence(Conflict):
    """Another attempt has the task now, or none."""

    def __init__(self) -> None:
        super().__init__("This attempt does not hold the task any more: what it says changes nothing.", code="stale_fence")


class Canceled(Conflict):
    def __init__(self) -> None:
        super().__init__("The task was canceled: stop, and complete it as Canceled.", code="canceled")


class StateMoved(Conflict):
    def __init__(self) -> None:
        super().__init__("The job's state was written by somebody else since this attempt read it.", code=STATE_MOVED)
