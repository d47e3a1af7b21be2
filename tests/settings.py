"""The product's settings, and one kind of thing to share, so that grants are tested before the first real kind is there."""

from traceweb.databases import DATA, StateDataRouter
from traceweb.settings import *  # noqa: F403
from traceweb.settings import DATABASES
from traceweb.settings import INSTALLED_APPS as THE_PRODUCTS

INSTALLED_APPS = [*THE_PRODUCTS, "tests.grantable"]
# As `prepare` does it.
DATABASES[DATA]["TEST"] = {"MIGRATE": bool(StateDataRouter.data_models)}
