"""Everything that needs a right, and who has it."""

from __future__ import annotations

from enum import StrEnum

from apps.orgs.domain import Scope, SystemRole


class Action(StrEnum):
    """Everything somebody can do that needs a right. `self.…` is about oneself, `platform.…` about Trace as a whole."""

    SELF_VIEW = "self.view"
    SELF_CHANGE = "self.change"
    ORG_VIEW = "org.view"
    ORG_CHANGE = "org.change"
    MEMBERS_VIEW = "members.view"
    MEMBERS_CHANGE = "members.change"
    ROLES_CHANGE = "roles.change"
    TOKENS_VIEW = "tokens.view"
    TOKENS_MAKE = "tokens.make"
    TOKENS_REVOKE = "tokens.revoke"
    TOKENS_ALL = "tokens.all"
    SECRETS_VIEW = "secrets.view"
    SECRETS_WRITE = "secrets.write"
    QUOTAS_VIEW = "quotas.view"
    DOMAINS_VIEW = "domains.view"
    HOSTS_VIEW = "hosts.view"
    HOSTS_CHANGE = "hosts.change"
    AUDIT_VIEW = "audit.view"
    GRANTS_VIEW = "grants.view"
    GRANTS_CHANGE = "grants.change"
    PII_VIEW = "pii.view"
    PII_VIEW_ALL = "pii.view_all"
    PII_REQUEST = "pii.request"
    PII_REQUEST_FOR_OTHERS = "pii.request_for_others"
    PII_CLASSIFY = "pii.classify"
    PII_APPROVE = "pii.approve"
    DAGS_VIEW = "dags.view"
    DAGS_DEPLOY = "dags.deploy"
    DAGS_ACTIVATE = "dags.activate"
    DATASETS_VIEW = "datasets.view"
    DATASETS_REQUEST = "datasets.request"
    DATASETS_CHANGE = "datasets.change"
    DATASETS_PURGE = "datasets.purge"
    RUNS_VIEW = "runs.view"
    RUNS_ACT = "runs.act"
    PLATFORM_HEALTH = "platform.health"
    PLATFORM_OUTBOX = "platform.outbox"
    PLATFORM_ORGS = "platform.orgs"
    PLATFORM_PEOPLE = "platform.people"
    PLATFORM_AUDIT = "platform.audit"
    PLATFORM_ADMIN = "platform.admin"
    PLATFORM_QUOTAS = "platform.quotas"
    PLATFORM_SECRETS = "platform.secrets"
    PLATFORM_RPC = "platform.rpc"
    POOLS_VIEW = "pools.view"
    WORKER_REPORT = "worker.report"
    # Of the RPC gateway, and of processes of ours that ask it.
    GATEWAY_SERVE = "gateway.serve"
    # Of an attempt: proved by its capability token, not by a person.
    TASK_HOLD = "task.hold"


A = Action
# For who reads why somebody may, or may not.
IN_WORDS = {
    A.ORG_VIEW: "See the org and its Home", A.ORG_CHANGE: "Rename the org",
    A.MEMBERS_VIEW: "See members, roles and who may what", A.MEMBERS_CHANGE: "Invite, change and remove members",
    A.ROLES_CHANGE: "Make and delete roles of the org's own",
    A.TOKENS_VIEW: "See their own tokens", A.TOKENS_MAKE: "Make tokens for themself", A.TOKENS_REVOKE: "Revoke their own tokens",
    A.TOKENS_ALL: "See and revoke everybody's tokens",
    A.SECRETS_VIEW: "See the names of secrets", A.SECRETS_WRITE: "Write, rotate and delete secrets",
    A.QUOTAS_VIEW: "See quotas", A.DOMAINS_VIEW: "See verified domains", A.AUDIT_VIEW: "Read and export the audit log",
    A.HOSTS_VIEW: "See which hosts outside of Trace are approved", A.HOSTS_CHANGE: "Approve hosts outside of Trace, and withdraw them",
    A.GRANTS_VIEW: "See what is granted to whom", A.GRANTS_CHANGE: "Grant things, and revoke grants",
    A.PII_VIEW: "See which columns are personal data", A.PII_VIEW_ALL: "See everybody's requests and grants for personal data",
    A.PII_REQUEST: "Ask for personal data for themself", A.PII_REQUEST_FOR_OTHERS: "Ask for personal data for others, roles and jobs",
    A.PII_CLASSIFY: "Classify columns as personal data", A.PII_APPROVE: "Decide on requests for personal data that are not for them",
    A.DAGS_VIEW: "See DAGs", A.DAGS_DEPLOY: "Deploy versions of DAGs", A.DAGS_ACTIVATE: "Activate versions of DAGs",
    A.DATASETS_VIEW: "Find datasets in the catalog", A.DATASETS_REQUEST: "Ask to read a dataset that is not open to them",
    A.DATASETS_CHANGE: "Choose who sees a dataset", A.DATASETS_PURGE: "Delete for good what readers of a dataset no longer get",
    A.RUNS_VIEW: "See runs, tasks and their logs", A.RUNS_ACT: "Start, cancel, retry and re-run tasks, and pause jobs",
}  # fmt: skip
_READER = frozenset({
    A.ORG_VIEW, A.MEMBERS_VIEW, A.TOKENS_VIEW, A.TOKENS_MAKE, A.TOKENS_REVOKE, A.QUOTAS_VIEW, A.PII_VIEW, A.PII_REQUEST,
    A.DAGS_VIEW, A.DATASETS_VIEW, A.DATASETS_REQUEST, A.RUNS_VIEW,
})  # fmt: skip
_WRITER = _READER | {A.SECRETS_VIEW, A.SECRETS_WRITE, A.DAGS_DEPLOY, A.DAGS_ACTIVATE, A.DATASETS_CHANGE, A.RUNS_ACT, A.HOSTS_VIEW}
_ADMIN = _WRITER | {
    A.ORG_CHANGE, A.MEMBERS_CHANGE, A.ROLES_CHANGE, A.TOKENS_ALL, A.AUDIT_VIEW, A.GRANTS_VIEW, A.GRANTS_CHANGE,
    A.DOMAINS_VIEW, A.PII_VIEW_ALL, A.PII_REQUEST_FOR_OTHERS, A.PII_CLASSIFY, A.PII_APPROVE, A.DATASETS_PURGE,
    A.HOSTS_CHANGE,
}  # fmt: skip
BY_ROLE = {SystemRole.READER: _READER, SystemRole.WRITER: _WRITER, SystemRole.ADMIN: _ADMIN}
ANYBODY_SIGNED_IN = frozenset({A.SELF_VIEW, A.SELF_CHANGE, A.PLATFORM_HEALTH, A.POOLS_VIEW})
STAFF = frozenset({
    A.PLATFORM_OUTBOX, A.PLATFORM_ORGS, A.PLATFORM_PEOPLE, A.PLATFORM_AUDIT, A.PLATFORM_ADMIN, A.PLATFORM_QUOTAS,
    A.PLATFORM_SECRETS, A.PLATFORM_RPC,
})  # fmt: skip
IN_AN_ORG = _ADMIN
# Of these, what platform staff may in every org as well: look at what they change there, and at the log of it.
STAFF_IN_EVERY_ORG = frozenset({A.ORG_VIEW, A.DOMAINS_VIEW, A.QUOTAS_VIEW, A.AUDIT_VIEW})
# Never by a token of ours: Django's tables are a person's at a browser, and a token that leaked must not outlive itself in another.
NEVER_BY_TOKEN = frozenset({A.PLATFORM_ADMIN, A.TOKENS_MAKE})
# What a token needs to be for. A test sees to it that only what changes nothing is missing here, and needs `read`.
SCOPES = {
    A.SELF_CHANGE: Scope.WRITE, A.SECRETS_WRITE: Scope.WRITE, A.PII_REQUEST: Scope.WRITE, A.DATASETS_REQUEST: Scope.WRITE,
    A.DAGS_DEPLOY: Scope.WRITE, A.DAGS_ACTIVATE: Scope.WRITE, A.DATASETS_CHANGE: Scope.WRITE, A.RUNS_ACT: Scope.WRITE,
    A.ORG_CHANGE: Scope.ADMIN, A.MEMBERS_CHANGE: Scope.ADMIN, A.ROLES_CHANGE: Scope.ADMIN, A.TOKENS_REVOKE: Scope.ADMIN,
    A.TOKENS_ALL: Scope.ADMIN, A.HOSTS_CHANGE: Scope.ADMIN, A.GRANTS_CHANGE: Scope.ADMIN, A.PII_REQUEST_FOR_OTHERS: Scope.ADMIN,
    A.PII_CLASSIFY: Scope.ADMIN, A.PII_APPROVE: Scope.ADMIN, A.DATASETS_PURGE: Scope.ADMIN,
    **dict.fromkeys(STAFF, Scope.PLATFORM),
}  # fmt: skip
