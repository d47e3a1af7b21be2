"""The Admin pages of personal data: requests and grants, classified columns, and who may see what and why."""
