"""Every change of a DAG."""

from apps.dags.services.activating import activate
from apps.dags.services.deploying import Deployed, deploy
from apps.dags.services.drafting import discard_draft, save_draft

__all__ = ["Deployed", "activate", "deploy", "discard_draft", "save_draft"]
