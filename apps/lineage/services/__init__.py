"""What is kept of how data was made, and where its columns come from."""

from apps.lineage.services.noting import Said, note_runs
from apps.lineage.services.recording import record
from apps.lineage.services.sending import Sent, forget_given_up, send_due
from apps.lineage.services.tracing import trace_columns

__all__ = ["Said", "Sent", "forget_given_up", "note_runs", "record", "send_due", "trace_columns"]
