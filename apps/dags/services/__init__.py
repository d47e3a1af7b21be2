"""Every change of a DAG."""

from apps.dags.services.activating import Wanted, activate
from apps.dags.services.deleting import delete_dag
from apps.dags.services.deploying import Deployed, Sent, deploy
from apps.dags.services.drafting import discard_draft, save_draft

__all__ = ["Deployed", "Sent", "Wanted", "activate", "delete_dag", "deploy", "discard_draft", "save_draft"]
