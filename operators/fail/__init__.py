"""Fails as often as it is told: to see errors, retries and dead letters."""
