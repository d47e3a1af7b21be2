"""The parts of the product as the rail, the palette and the pages name them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """`goal` and `features` say what the page will be, while `is_built` is False."""

    key: str
    name: str
    icon: str
    letter: str
    goal: str = ""
    features: tuple[str, ...] = ()
    api: str = ""
    is_built: bool = False


HOME = Section("home", "Home", "house", "h", is_built=True)
DAGS = Section("dags", "DAGs", "workflow", "d", is_built=True)
RUNS = Section("runs", "Runs", "list-checks", "r", is_built=True)
CATALOG = Section("catalog", "Catalog", "boxes", "c", is_built=True)
SQL = Section(
    "sql", "SQL", "square-terminal", "s",
    goal="Answer a question about a chain in a notebook of SQL, text and charts.",
    features=(
        "Completion that knows every table, column and function you may use",
        "A million rows in the grid, 256-bit integers exact everywhere",
        "A Cancel that really cancels, and whole results as CSV, Parquet, JSON or Arrow",
    ),
    api="/v1/query",
)  # fmt: skip
ALERTS = Section(
    "alerts", "Alerts", "bell", "a",
    goal="Be told when something changes: a late dataset, a result, a chain behind its head.",
    features=(
        "Rules with a back-test against the past",
        "Events to acknowledge or mute, deliveries to look at and send again",
        "E-mail, Slack, PagerDuty and webhooks",
    ),
    api="/v1/alerts",
)  # fmt: skip
ADMIN = Section(
    "admin", "Admin", "shield", "m",
    goal="Invite people, give rights, write secrets that nobody can read back.",
    features=(
        "Members, roles, grants on datasets and on columns with personal data",
        "Effective access: why can this person see this column",
        "Audit log, secrets, quotas, sessions and single sign-on",
    ),
    api="/v1/orgs",
    is_built=True,
)  # fmt: skip

SECTIONS = (HOME, DAGS, RUNS, CATALOG, SQL, ALERTS, ADMIN)
PLANNED = {section.key: section for section in SECTIONS if not section.is_built}
