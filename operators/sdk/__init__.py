"""What an operator is written against. Operators import this and nothing else of Trace."""
