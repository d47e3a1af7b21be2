"""Every change of a DAG."""

from apps.dags.services.activating import Wanted, activate, locked
from apps.dags.services.building import must_be_built, note_planned
from apps.dags.services.cutting_over import abandon_build, cut_over, finish_build
from apps.dags.services.deleting import delete_dag
from apps.dags.services.deploying import Deployed, Sent, deploy
from apps.dags.services.drafting import discard_draft, save_draft

__all__ = [
    "Deployed",
    "Sent",
    "Wanted",
    "abandon_build",
    "activate",
    "cut_over",
    "delete_dag",
    "deploy",
    "discard_draft",
    "finish_build",
    "locked",
    "must_be_built",
    "note_planned",
    "save_draft",
]
