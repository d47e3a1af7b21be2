"""The tables of datasets in *data*: made, compared with what they should be, and widened. SQL and nothing of Django."""
