"""The public API of personal data: `/v1/orgs/<slug>/pii/…`."""
