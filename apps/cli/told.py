"""What Trace says, before anybody looks at it closely."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
