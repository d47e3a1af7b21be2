"""Takes its time: to see how long tasks run, report and stop."""
