"""Emits an event when somebody asks for a run: the way in for what people start by hand."""
