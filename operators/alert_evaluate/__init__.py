"""Decides by SQL or by a user's code whether what arrived is worth an alert."""
