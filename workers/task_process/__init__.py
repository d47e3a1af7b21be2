"""One task in a process of its own: a source that never ends, or a job with a task definition of its own."""
