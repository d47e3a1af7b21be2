"""The public API of orgs: `/v1/me` and `/v1/orgs/…`."""
