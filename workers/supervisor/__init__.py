"""The one-machine stack: starts, watches and stops every embedded server and every Trace process."""
