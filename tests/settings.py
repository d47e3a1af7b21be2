"""The product's settings, and one kind of thing to share, so that grants are tested before the first real kind is there."""

from traceweb.settings import *  # noqa: F403
from traceweb.settings import INSTALLED_APPS as THE_PRODUCTS

INSTALLED_APPS = [*THE_PRODUCTS, "tests.grantable"]
