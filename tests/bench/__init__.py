"""`make bench`: what Trace costs, beside what the same work costs without it, measured in the same run."""
