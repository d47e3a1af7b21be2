"""The process in which operators run: one operator of one org, task after task. It holds nothing of the platform."""
