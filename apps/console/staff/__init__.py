"""What platform staff do: orgs, people, the audit log of the whole platform, the tables themselves."""
