"""Platform health: what answers, what waits, what failed. Every look is bounded in time, so that the page never hangs."""

from apps.console.health.page import Health, take_health

__all__ = ["Health", "take_health"]
