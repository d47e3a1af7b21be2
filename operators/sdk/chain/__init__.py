"""The tables of a chain, as cryo names them and their columns. Hot and compacted ones are the same."""
