"""Changes that the graph makes, as changes of the text: the least that does it, so that comments, order and quotes stay the author's."""

from __future__ import annotations

from apps.dags.document.edits.applying import Patch, edited
from apps.dags.document.edits.asked import EDIT, Edit
from apps.dags.document.edits.changes import TextChange

__all__ = ["EDIT", "Edit", "Patch", "TextChange", "edited"]
