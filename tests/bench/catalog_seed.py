"""A catalogue as it is after years: datasets of DAGs whose jobs read each other, with versions, partitions and what made them.

Ids follow from a number, so that each statement knows those of the others without looking them up.
"""

# ruff: noqa: S608  made of constants
from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import psycopg

JOBS_OF_A_DAG, PIECES, BLOCKS, OLD_VERSIONS = 200, 9, 1_000, 5
RARE, COMMON, MISSING = "quokka", "block", "zzyzx"
_HOW_MANY_RARE = 3

_ID = "md5('{kind}' || {n})::uuid"
_SUM = "repeat('0', 64)"


def _id(kind: str, n: str = "n") -> str:
    return _ID.format(kind=kind, n=n)


_DATASET = "'ds_' || lpad({n}::text, 6, '0')"
_THIS, _BEFORE = _DATASET.format(n="n"), _DATASET.format(n="(n - 1)")
_DAG_OF = f"(n / {JOBS_OF_A_DAG})"
_DAG = f"'dag_' || lpad({_DAG_OF}::text, 3, '0')"
_JOB = f"'job_' || mod(n, {JOBS_OF_A_DAG})"
_JOB_BEFORE = f"'job_' || mod(n - 1, {JOBS_OF_A_DAG})"
_DAG_BEFORE = f"'dag_' || lpad(((n - 1) / {JOBS_OF_A_DAG})::text, 3, '0')"
_ALL = "FROM generate_series(0, %(datasets)s - 1) AS n"
_FILES = f"""jsonb_build_array(jsonb_build_object('name', 'part_0.parquet', 'size_bytes', 40000, 'sha256', {_SUM}, 'rows', {BLOCKS}))"""
_PIECE = """
INSERT INTO datasets_partition (
    version_id, key, range_start, range_end, number, task_id, attempt, prefix, files, rows, size_bytes, manifest_sha256, key_min, key_max, committed_at
)
SELECT {version}, low || '-' || high, low, high, 1, gen_random_uuid(), 1,
    %(org)s::uuid || '/datasets/' || {output} || '/' || {version} || '/' || low || '_' || high || '/' || gen_random_uuid() || '-1/',
    {files}, {blocks}, 40000, {sum}, low, high, now() - {age}::interval
FROM (SELECT n, k, k::bigint * {blocks} AS low, k::bigint * {blocks} + {blocks} - 1 AS high FROM {numbers}) AS p
"""

_STATEMENTS = (
    f"""
INSERT INTO dags_dag (id, org_id, visibility, name, description, active_id, created_at)
SELECT {_id("dag")}, %(org)s, 'org', 'dag_' || lpad(n::text, 3, '0'), '', {_id("dagversion")}, now()
FROM generate_series(0, (%(datasets)s - 1) / {JOBS_OF_A_DAG}) AS n
""",
    f"""
INSERT INTO dags_dagversion (id, dag_id, number, yaml, yaml_hash, publish, created_at)
SELECT {_id("dagversion")}, {_id("dag")}, 1, 'name: seeded', {_SUM}, '{{}}', now()
FROM generate_series(0, (%(datasets)s - 1) / {JOBS_OF_A_DAG}) AS n
""",
    f"""
INSERT INTO dags_job (id, version_id, position, name, operator, operator_version, activation, runtime, outputs, spec, definition, definition_hash)
SELECT {_id("job")}, {_id("dagversion", _DAG_OF)}, mod(n, {JOBS_OF_A_DAG}), {_JOB}, 'demo_blocks', '1.0', 'reactive', 'ecs_platform', 1, '{{}}', '{{}}', {_SUM}
{_ALL}
""",
    # Each reads the one before; of the same DAG as its own job, too.
    f"""
INSERT INTO dags_edge (job_id, number, source_id, output, dataset)
SELECT {_id("job")}, 0, CASE WHEN mod(n, {JOBS_OF_A_DAG}) > 0 THEN {_id("job", "(n - 1)")} END, 0, {_BEFORE} {_ALL} WHERE n > 0
""",
    f"""
INSERT INTO dispatch_livejob (
    id, org_id, dag_id, name, job_id, definition_hash, generation, operator, runtime, strategy, source, schedule, webhook_path, priority, lease_seconds, falls, bulks
)
SELECT {_id("livejob")}, %(org)s, {_id("dag", _DAG_OF)}, {_JOB}, {_id("job")}, {_SUM}, {_id("generation")}, 'demo_blocks', 'ecs_platform', 'PerPartition', '', '', '', 1, 60, 0, 0
{_ALL}
""",
    f"""
INSERT INTO dispatch_route (producer_id, output, consumer_id, input, "where")
SELECT {_id("livejob", "(n - 1)")}, 0, {_id("livejob")}, 0, '{{}}' {_ALL} WHERE n > 0
""",
    f"""
INSERT INTO datasets_output (id, org_id, dag_id, dag, job, number, storage, current_id)
SELECT {_id("output")}, %(org)s, {_id("dag", _DAG_OF)}, {_DAG}, {_JOB}, 0, 's3', {_id("version")} {_ALL}
""",
    f"""
INSERT INTO datasets_version (
    id, output_id, generation, definition_hash, columns, schema, schema_hash, created_at, partitions, rows, size_bytes, committed_at
)
SELECT {_id("version")}, {_id("output")}, {_id("generation")}, {_SUM}, '[]',
    '[{{"name": "block_number", "type": "int64", "nullable": false}}, {{"name": "value", "type": "string", "nullable": true}}]', {_SUM}, now(),
    pieces, pieces * {BLOCKS}, pieces * 40000, now() - interval '1 day'
FROM (SELECT n, CASE WHEN n = %(big)s THEN %(pieces)s ELSE {PIECES} END::bigint AS pieces {_ALL}) AS n
""",
    f"""
INSERT INTO datasets_version (id, output_id, generation, definition_hash, columns, schema, schema_hash, created_at, partitions, rows, size_bytes)
SELECT {_id("old", "o")}, {_id("output", "%(big)s")}, gen_random_uuid(), {_SUM}, '[]', '[]', '', now() - make_interval(days => o), 0, 0, 0
FROM generate_series(1, {OLD_VERSIONS}) AS o
""",
    f"""
INSERT INTO datasets_pointer (id, dag_version_id, version_id)
SELECT gen_random_uuid(), {_id("dagversion", _DAG_OF)}, {_id("version")} {_ALL}
""",
    f"""
INSERT INTO datasets_dataset (
    id, org_id, visibility, name, storage, multi_writer, description, "where", tags, columns, column_names, output_id, created_at
)
SELECT {_id("dataset")}, %(org)s, CASE WHEN mod(n, 20) = 19 THEN 'private' ELSE 'org' END, {_THIS}, 's3', false,
    CASE WHEN n < {_HOW_MANY_RARE} THEN 'Sightings of the {RARE}' ELSE 'Rows of feed ' || n || ', cleaned and joined' END, '{{}}', ARRAY['tag_' || mod(n, 25)],
    jsonb_build_array(jsonb_build_object('name', first, 'type', 'int64'), jsonb_build_object('name', 'value_' || mod(n, 300), 'type', 'text')),
    first || E'\\nvalue_' || mod(n, 300), {_id("output")}, now()
FROM (SELECT n, CASE WHEN mod(n, 2) = 0 THEN '{COMMON}_number' ELSE 'day' END AS first {_ALL}) AS n
""",
    f"""
INSERT INTO datasets_producer (dataset_id, dag, job, output, spec, exclusive, since)
SELECT {_id("dataset")}, {_DAG}, {_JOB}, 0, jsonb_build_object('from', jsonb_build_object('job', {_JOB}, 'output', 0)), true, now() {_ALL}
""",
    # Looked at later than any bench lasts: the loop stays out of it.
    f"""
INSERT INTO datasets_freshness (dataset_id, cadence_seconds, since, look_at, late_since)
SELECT {_id("dataset")}, 3600, now(), now() + interval '1 year', CASE WHEN mod(n, 1000) = 10 THEN now() END {_ALL} WHERE mod(n, 10) = 0
""",
    f"""
INSERT INTO pii_columnclassification (id, org_id, dataset, "column", kind, handling, mask, note, classified_at)
SELECT gen_random_uuid(), %(org)s, {_THIS}, 'day', 'other', 'refuse', '', '', now() {_ALL} WHERE mod(n, 100) = 1
""",
    _PIECE.format(
        version=_id("version"), output=_id("output"), files=_FILES, blocks=BLOCKS, sum=_SUM, age="'2 days'",
        numbers=f"generate_series(0, %(datasets)s - 1) AS n, generate_series(0, {PIECES - 1}) AS k WHERE n <> %(big)s",
    ),
    # With a few gaps.
    _PIECE.format(
        version=_id("version"), output=_id("output"), files=_FILES, blocks=BLOCKS, sum=_SUM, age="'1 day'",
        numbers="(SELECT %(big)s AS n) AS n, generate_series(0, %(pieces)s - 1) AS k WHERE mod(k, 40000) <> 7",
    ),
    f"""
INSERT INTO lineage_made (
    id, org_id, event_id, output_id, version_id, partition_id, key, range_start, range_end, number, times, task_id, attempt, root_id, dag_id, dag, job, output,
    dag_version, generation, operator, operator_version, cause, root_cause, started_at, made_at, rows, size_bytes, schema_hash
)
SELECT p.id, %(org)s, gen_random_uuid(), {_id("output")}, p.version_id, p.id, p.key, p.range_start, p.range_end, 1, 1, p.task_id, 1, p.task_id,
    {_id("dag", _DAG_OF)}, {_DAG}, {_JOB}, 0, 1, {_id("generation")}, 'demo_blocks', '1.0', 'event', 'manual', p.committed_at, p.committed_at, p.rows, p.size_bytes, {_SUM}
FROM datasets_partition AS p, (SELECT %(big)s AS n) AS n WHERE p.version_id = {_id("version")}
""",
    f"""
INSERT INTO lineage_madefrom (made_id, input, read_as, output_id, version_id, dag, job, output, key, range_start, range_end, number, pieces, rows, size_bytes)
SELECT m.id, 0, 'pinned', {_id("output", "(n - 1)")}, {_id("version", "(n - 1)")}, {_DAG_BEFORE}, {_JOB_BEFORE}, 0,
    k || '-' || (k + {BLOCKS - 1}), k, k + {BLOCKS - 1}, 1, 1, {BLOCKS}, 40000
FROM (
    SELECT id, n, mod(range_start / {BLOCKS}, {PIECES}) * {BLOCKS} AS k
    FROM lineage_made, (SELECT %(big)s AS n) AS n WHERE version_id = {_id("version")}
) AS m
""",
)  # fmt: skip
_TABLES = (
    "dags_dag", "dags_dagversion", "dags_job", "dags_edge", "dispatch_livejob", "dispatch_route", "datasets_output", "datasets_version", "datasets_pointer",
    "datasets_dataset", "datasets_producer", "datasets_freshness", "pii_columnclassification", "datasets_partition", "lineage_made", "lineage_madefrom",
)  # fmt: skip


@dataclass(frozen=True)
class Size:
    """`pieces`: of one dataset, in the middle of all; the others have few each."""

    datasets: int
    pieces: int

    @property
    def big(self) -> int:
        return self.datasets // 2 + JOBS_OF_A_DAG // 2 + 2

    @property
    def big_name(self) -> str:
        return f"ds_{self.big:06}"

    @property
    def partitions(self) -> int:
        return (self.datasets - 1) * PIECES + self.pieces


def seed(state: psycopg.Connection, org: UUID, size: Size) -> None:
    """By a superuser. What refers to what holds by how the ids are made, and is not asked for each row."""
    state.execute("SET synchronous_commit = off")
    state.execute("SET session_replication_role = replica")
    given = {"org": org, "datasets": size.datasets, "big": size.big, "pieces": size.pieces}
    for statement in _STATEMENTS:
        state.execute(statement, given)
    # As tables are that were written long ago.
    for table in _TABLES:
        state.execute(f"VACUUM (ANALYZE) {table}")
