"""Every change of a DAG."""

from apps.dags.services.activating import activate, deactivate
from apps.dags.services.deploying import Deployed, deploy
from apps.dags.services.drafting import discard_draft, save_draft

__all__ = ["Deployed", "activate", "deactivate", "deploy", "discard_draft", "save_draft"]
