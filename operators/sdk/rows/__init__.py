"""Rows as the tables of datasets take them: one reading for the sink, for operators that write tables, and for the testing kit."""
