"""Rows on their way into a table of an org, or out of it, over whatever connection: of the sink, and of tasks that do so themselves."""
