"""Makes a dataset, or a file to take away, from SQL."""
