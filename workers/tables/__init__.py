"""Rows on their way into a table of an org, over whatever connection: of the sink, and of tasks that write themselves."""
