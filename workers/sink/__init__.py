"""Writes batches into the tables of buffered datasets: whole, or not at all."""
